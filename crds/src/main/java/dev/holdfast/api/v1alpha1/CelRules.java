package dev.holdfast.api.v1alpha1;

/**
 * Rules of the schema that more than one field has, in CEL as Kubernetes 1.31 speaks it. Where a
 * text has a form, a rule is used instead of a pattern, since a rule has a sentence of its own.
 */
final class CelRules {

  static final String NAME = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')";
  static final String NAME_MESSAGE =
      "write small letters, digits and hyphens that begin and end with a letter or digit";

  static final String INTERFACE = "!self.matches('[/:[:space:]]') && self != '.' && self != '..'";
  static final String INTERFACE_MESSAGE = "write an interface's name, without space, / and :";

  static final String DURATION = "self.matches('^[0-9]{1,6}([.][0-9]{1,6})?(ms|s|m)$')";
  static final String DURATION_MESSAGE = "write a number and ms, s or m, like 100ms or 2.5s";

  /** A prefix without host bits, or an address that stands for itself. */
  private static final String IS_NETWORK = "(isIP(p) || isCIDR(p) && cidr(p) == cidr(p).masked())";

  static final String NETWORKS = "self.all(p, " + IS_NETWORK + ")";
  static final String NETWORKS_MESSAGE =
      "self.filter(p, !"
          + IS_NETWORK
          + ")[0] + ' is no prefix without host bits; write one like 10.1.0.0/16 or 2001:db8::/32'";

  static final String HOSTS = "self.all(a, isIP(a))";
  static final String HOSTS_MESSAGE =
      "self.filter(a, !isIP(a))[0] + ' is no address; write it like 10.0.0.1 or 2001:db8::1,"
          + " without a prefix length'";

  private CelRules() {}
}
