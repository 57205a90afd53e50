// The whole program as a function, for one that brings architectures and tasks of its own: register them (model/register.h,
// train/task_source.h), then give it the words of the command line. Link Grimoire::program.
#pragma once

namespace grim {

// What main does: takes the process's signals and standard streams, gives its exit code. Once a process.
int run_program(int argc, char** argv);

}  // namespace grim
