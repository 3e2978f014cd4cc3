package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How the role is negotiated. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value =
        "!has(self.advertisementInterval) || !self.advertisementInterval.matches('^[0-9]{1,6}([.][0-9]{1,6})?(ms|s|m)$') || self.version != 3 "
            + "|| duration(self.advertisementInterval) >= duration('10ms') && duration(self.advertisementInterval) <= duration('40.95s') && duration(self.advertisementInterval).getMilliseconds() % 10 == 0",
    message = "write 10ms to 40.95s in steps of 10ms",
    fieldPath = ".advertisementInterval")
@ValidationRule(
    value =
        "!has(self.advertisementInterval) || !self.advertisementInterval.matches('^[0-9]{1,6}([.][0-9]{1,6})?(ms|s|m)$') || self.version != 2 "
            + "|| duration(self.advertisementInterval) >= duration('1s') && duration(self.advertisementInterval) <= duration('255s') && duration(self.advertisementInterval).getMilliseconds() % 1000 == 0",
    message = "version 2 knows whole seconds: write 1s to 255s, or version: 3",
    fieldPath = ".advertisementInterval")
@ValidationRule(
    value = "self.version == 2 || !has(self.authentication)",
    message = "does not exist in VRRP version 3; remove it, or write version: 2",
    fieldPath = ".authentication")
public record VrrpSpec(
    @JsonPropertyDescription(
            "3, or 2 for segments shared with older speakers (whole seconds, simple "
                + "authentication possible). IPv6 always speaks 3.")
        @Default("3")
        @Min(2)
        @Max(3)
        @Nullable Integer version,
    @JsonPropertyDescription(
            "Time between two adverts: 10ms to 40.95s in steps of 10ms, by default "
                + "100ms; in version 2 whole seconds from 1s to 255s, by default 1s.")
        @Size(min = 2, max = 16)
        @ValidationRule(value = CelRules.DURATION, message = CelRules.DURATION_MESSAGE)
        @Nullable String advertisementInterval,
    @JsonPropertyDescription(
            "When a better router takes the role back: WhenInSync, Always or Never.")
        @Default("WhenInSync")
        @Nullable Preemption preempt,
    @JsonPropertyDescription(
            "Listed: an advert counts only from an address of a listed router. Any: "
                + "foreign VRRP speakers count too.")
        @Default("Listed")
        @Nullable Speakers speakers,
    @JsonPropertyDescription(
            "Adverts to the addresses in routers[].addresses instead of the " + "multicast group.")
        @Default("false")
        @Nullable Boolean unicast,
    @JsonPropertyDescription(
            "Virtual addresses live on a macvlan with the MAC 00:00:5e:00:01:VRID "
                + "(IPv6: 02), so that neighbours need not learn a new one.")
        @Default("false")
        @Nullable Boolean virtualMac,
    @JsonPropertyDescription("Simple authentication; version 2 only.")
        @Nullable AuthenticationSpec authentication) {}
