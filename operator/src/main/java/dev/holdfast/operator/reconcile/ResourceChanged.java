package dev.holdfast.operator.reconcile;

import dev.holdfast.api.v1alpha1.GatewayCluster;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.javaoperatorsdk.operator.processing.event.source.filter.OnUpdateFilter;
import java.util.Objects;

/** What a person changed; the status is our own writing. Requests are annotations. */
public final class ResourceChanged implements OnUpdateFilter<GatewayCluster> {

  @Override
  public boolean accept(GatewayCluster now, GatewayCluster before) {
    ObjectMeta after = now.getMetadata();
    ObjectMeta old = before.getMetadata();
    return !Objects.equals(after.getGeneration(), old.getGeneration())
        || !Objects.equals(after.getAnnotations(), old.getAnnotations())
        || !Objects.equals(after.getFinalizers(), old.getFinalizers())
        || !Objects.equals(after.getDeletionTimestamp(), old.getDeletionTimestamp());
  }
}
