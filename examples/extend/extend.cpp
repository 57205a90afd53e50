// The whole program, with an architecture and a task of one's own in it:
//   extend train --model additive --help
//   extend train --model additive --data names.txt --out runs/additive --decayed
//   extend train --model adder --out runs/sums --limit 12
#include <grimoire/app/program.h>

#include "additive.h"
#include "sums.h"

int main(int argc, char** argv) {
  grim::add_architecture(additive_architecture());
  add_sums();
  return grim::run_program(argc, argv);
}
