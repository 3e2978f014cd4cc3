package dev.holdfast.lab;

import dev.holdfast.lab.stack.SourceTranslation;
import dev.holdfast.lab.stack.Stack;
import java.nio.file.Path;

/**
 * What is the same for all runs of a lab.
 *
 * @param cluster with what the command line changes in it
 * @param translation whether and how LAN sources are translated
 * @param direct whether a Sync network is one cable (two routers) or goes through a switch
 * @param program that starts our agent
 */
record LabOptions(
    ClusterFile cluster,
    Stack stack,
    SourceTranslation translation,
    boolean direct,
    Path program) {}
