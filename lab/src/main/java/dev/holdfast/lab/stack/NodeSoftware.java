package dev.holdfast.lab.stack;

import dev.holdfast.lab.kube.KubeCluster;

/** What runs on a router that is the node of a real cluster. */
public sealed interface NodeSoftware extends RouterSoftware permits KubeSoftware, HostSoftware {

  KubeCluster cluster();
}
