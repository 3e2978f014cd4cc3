package dev.holdfast.agent.command;

/** How a view is printed; the names are what people type. */
@SuppressWarnings("MemberName") // they are words of the command line
enum ViewOutput {
  text,
  json
}
