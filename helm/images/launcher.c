/* /opt/holdfast/bin/holdfast in the image, which has no shell: becomes Java with the arguments of a file, then ours.
   Under the name kubectl-gateway it is a plugin of kubectl, as bin/holdfast of an installation is. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOME "/opt/holdfast/"

int main(int count, char **given) {
  char *arguments[count + 5];
  const char *name = strrchr(given[0], '/');
  int next = 0;
  arguments[next++] = HOME "runtime/bin/java";
  if (count > 1 && !strcmp(given[1], "run")) { /* only there: Java says on standard output that it has read the file */
    arguments[next++] = "-XX:+UnlockDiagnosticVMOptions";
    arguments[next++] = "-XX:CompilerDirectivesFile=" HOME "lib/compile.json";
  }
  arguments[next++] = "@" HOME "lib/java.arguments";
  if (!strcmp(name ? name + 1 : given[0], "kubectl-gateway")) arguments[next++] = "kubectl";
  for (int i = 1; i <= count; i++) arguments[next++] = given[i]; /* the last one is the closing NULL */
  execv(arguments[0], arguments);
  perror("holdfast: " HOME "runtime/bin/java");
  return 127;
}
