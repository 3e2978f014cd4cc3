package dev.holdfast.lab.measure.traffic;

import dev.holdfast.lab.net.Namespace;
import java.io.IOException;
import java.nio.channels.Selector;
import org.jspecify.annotations.Nullable;

/** A thread of the lab that waits for its channels at a selector. */
abstract class SelectingThread extends LabThread {

  private volatile @Nullable Selector selector;

  protected SelectingThread(Namespace namespace, String name) {
    super(namespace, name);
  }

  @Override
  protected void open() throws IOException {
    selector = Selector.open();
  }

  /** On the thread, after {@link #open}. */
  protected final Selector selector() {
    Selector opened = selector;
    if (opened == null) {
      throw new IllegalStateException("not opened");
    }
    return opened;
  }

  @Override
  protected void wake() {
    Selector opened = selector;
    if (opened != null) {
      opened.wakeup();
    }
  }

  @Override
  protected void release() throws IOException {
    Selector opened = selector;
    if (opened != null) {
      opened.close();
    }
  }
}
