package dev.holdfast.api.validate;

/**
 * One thing that is wrong with a resource.
 *
 * @param path where: {@code spec.networks[0].virtualAddresses[1]}
 * @param sentence what is wrong there, and what to write instead
 */
public record Violation(String path, String sentence) {

  @Override
  public String toString() {
    return path + ": " + sentence;
  }
}
