#include "grimoire/app/program.h"

int main(int argc, char** argv) { return grim::run_program(argc, argv); }
