package dev.holdfast.agent;

import dev.holdfast.agent.command.CheckCommand;
import dev.holdfast.agent.command.FlowsCommand;
import dev.holdfast.agent.command.HandoverCommand;
import dev.holdfast.agent.command.KeygenCommand;
import dev.holdfast.agent.command.KubectlCommand;
import dev.holdfast.agent.command.MaintenanceCommand;
import dev.holdfast.agent.command.RenderCommand;
import dev.holdfast.agent.command.RunCommand;
import dev.holdfast.agent.command.StatusCommand;
import dev.holdfast.agent.command.TrainCommand;
import dev.holdfast.agent.command.WithdrawCommand;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The program {@code holdfast}: picks the command. What an agent is made of, {@link Agent} says.
 */
@Command(
    name = "holdfast",
    description = {
      "Keeps a network's gateway, and every connection through it, alive.",
      "",
      "On a router, 'run' is the agent; the other commands look at a running agent or at a file."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Under the name kubectl-gateway the program is a plugin of kubectl: see 'kubectl gateway --help'."
    },
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      RenderCommand.class,
      StatusCommand.class,
      FlowsCommand.class,
      HandoverCommand.class,
      MaintenanceCommand.class,
      WithdrawCommand.class,
      KeygenCommand.class,
      TrainCommand.class
    })
public final class Main {

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    oneLineLogs();
    System.exit(commandLine(args).execute(args));
  }

  /** One line an entry: time, level, text. Whoever configures java.util.logging is left alone. */
  private static void oneLineLogs() {
    String format = "java.util.logging.SimpleFormatter.format";
    if (System.getProperty(format) == null) {
      System.setProperty(format, "%1$tFT%1$tT.%1$tL %4$-7s %5$s%6$s%n");
    }
  }

  /** All commands, those of other jars on the class path too. */
  public static CommandLine commandLine(String... args) {
    CommandLine commandLine = new CommandLine(new Main());
    if (args.length > 0 && args[0].equals("kubectl")) {
      // The only command that needs the Kubernetes client: a router without Kubernetes never loads
      // it.
      commandLine.addSubcommand(new KubectlCommand());
    }
    for (Subcommand more : ServiceLoader.load(Subcommand.class)) {
      // An object of its own, or picocli leaves out what changes its help page.
      commandLine.addSubcommand(new CommandLine(more.command()));
    }
    commandLine
        .getSubcommands()
        .values()
        .forEach(command -> command.getCommandSpec().versionProvider(new Version()));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setUsageHelpAutoWidth(true);
    return commandLine;
  }

  /** The version that the build wrote into the jar. */
  public static String version() {
    @Nullable String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"holdfast " + version()};
    }
  }
}
