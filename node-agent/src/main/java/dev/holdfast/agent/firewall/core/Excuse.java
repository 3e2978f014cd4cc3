package dev.holdfast.agent.firewall.core;

import java.util.Set;

/** Why somebody's silence is not a policy's doing. */
public sealed interface Excuse {

  /** Whether this explains that the party is not heard. */
  boolean covers(Party party);

  /** The network has no carrier: nobody is heard there. */
  record NoCarrier(String network) implements Excuse {
    @Override
    public boolean covers(Party party) {
      return party.network().equals(network);
    }
  }

  /** It said that it gives up (an advert with priority 0). */
  record GaveUp(Party party) implements Excuse {
    @Override
    public boolean covers(Party other) {
      return party.equals(other);
    }
  }

  /** This router was given the role: whoever was active before sends no more adverts. */
  record RoleGiven() implements Excuse {
    @Override
    public boolean covers(Party party) {
      return party.sign() == Party.Sign.ADVERTS;
    }
  }

  /**
   * The resource no longer asks for it.
   *
   * @param routers of the cluster, with which there is a link
   * @param networks that the link may go over
   * @param adverting networks with a virtual router
   */
  record NotInResource(Set<String> routers, Set<String> networks, Set<String> adverting)
      implements Excuse {
    public NotInResource {
      routers = Set.copyOf(routers);
      networks = Set.copyOf(networks);
      adverting = Set.copyOf(adverting);
    }

    @Override
    public boolean covers(Party party) {
      return switch (party.sign()) {
        case ADVERTS -> !adverting.contains(party.network());
        case LINK -> !routers.contains(party.who()) || !networks.contains(party.network());
        case ANSWERS -> false;
      };
    }
  }
}
