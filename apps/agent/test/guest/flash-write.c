// Tries to write the firmware's variable store past the firmware: maps the flash and programs a
// byte, as Intel's CFI command set does. Says on the console what came of it.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const off_t STORE = 0xffc00000;
// In the store's free end: nobody's byte.
static const size_t OFFSET = 0x30000;
enum { PROGRAM = 0x40, READ_ARRAY = 0xff };

int main(void) {
  int fd = open("/dev/mem", O_RDWR | O_SYNC);
  if (fd < 0) return printf("flash-write: refused: %s\n", strerror(errno)), 0;
  volatile uint8_t *flash = mmap(NULL, OFFSET + 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, STORE);
  if (flash == MAP_FAILED) return printf("flash-write: refused: %s\n", strerror(errno)), 0;
  uint8_t signature = flash[0x28], before = flash[OFFSET];
  flash[OFFSET] = PROGRAM;
  flash[OFFSET] = (uint8_t)~before;
  flash[OFFSET] = READ_ARRAY;
  uint8_t after = flash[OFFSET];
  printf("flash-write: tried on '%c', before %02x, after %02x\n", signature, before, after);
  return 0;
}
