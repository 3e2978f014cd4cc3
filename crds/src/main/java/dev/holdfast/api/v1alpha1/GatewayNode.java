package dev.holdfast.api.v1alpha1;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/** One router's configuration and report, as Kubernetes keeps them. */
@Group("holdfast.dev")
@Version("v1alpha1")
@Kind("GatewayNode")
@Singular("gatewaynode")
@Plural("gatewaynodes")
@ShortNames("gwn")
public final class GatewayNode extends CustomResource<GatewayNodeSpec, GatewayNodeStatus>
    implements Namespaced {

  private static final long serialVersionUID = 1L;
}
