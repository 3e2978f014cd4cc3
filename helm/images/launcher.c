/* /opt/holdfast/bin/holdfast in the image, which has no shell: becomes Java with the arguments of a file, then ours. */
#include <stdio.h>
#include <unistd.h>

#define HOME "/opt/holdfast/"

int main(int count, char **given) {
  char *arguments[count + 2];
  arguments[0] = HOME "runtime/bin/java";
  arguments[1] = "@" HOME "lib/java.arguments";
  for (int i = 1; i <= count; i++) arguments[i + 1] = given[i]; /* the last one is the closing NULL */
  execv(arguments[0], arguments);
  perror("holdfast: " HOME "runtime/bin/java");
  return 127;
}
