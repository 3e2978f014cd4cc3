package dev.holdfast.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Simple authentication of VRRP version 2, in clear text on the wire. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AuthenticationSpec(
    @JsonPropertyDescription(
            "1 to 8 printable ASCII characters, the same on all speakers. It "
                + "protects from mistakes, not from attackers.")
        @Required
        @Size(min = 1, max = 8)
        @ValidationRule(
            value = "self.matches('^[!-~]+$')",
            message = "write printable ASCII characters without spaces")
        String password) {}
