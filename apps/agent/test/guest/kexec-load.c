// Loads a kernel to be started in place of this one, and does not start it: says on the console what came of it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// linux/kexec.h
enum { KEXEC_FILE_NO_INITRAMFS = 4 };

int main(void) {
  int fd = open("/root/another-kernel", O_RDONLY);
  if (fd < 0) return printf("kexec-load: no file: %s\n", strerror(errno)), 0;
  long failed = syscall(SYS_kexec_file_load, fd, -1, 1UL, "", (unsigned long)KEXEC_FILE_NO_INITRAMFS);
  printf("kexec-load: %s\n", failed ? strerror(errno) : "loaded");
  return 0;
}
