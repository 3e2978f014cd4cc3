/**
 * A real Kubernetes cluster whose nodes are the lab's routers: what {@code lab/kube/cluster}
 * starts, with our chart in it. Everything goes through the doors that a person has: that script,
 * {@code kubectl} and Helm.
 */
@NullMarked
package dev.holdfast.lab.kube;

import org.jspecify.annotations.NullMarked;
