// The commands, in the order of --help. A new one adds its line here and defines make_NAME_command() in its file.
#pragma once

#include <memory>

#include "grimoire/command/command.h"

#define GRIM_COMMANDS(X) \
  X(demo)              \
  X(train)             \
  X(finetune)          \
  X(distill)           \
  X(resume)            \
  X(generate)          \
  X(chat)              \
  X(ask)               \
  X(summarize)         \
  X(features)          \
  X(probe)             \
  X(fill)              \
  X(follows)           \
  X(eval)              \
  X(score)             \
  X(inspect)           \
  X(tokenize)          \
  X(tokenizer)         \
  X(model)             \
  X(quantize)          \
  X(imatrix)           \
  X(adapter)           \
  X(merge)             \
  X(vectors)           \
  X(stats)             \
  X(distribution)      \
  X(doctor)            \
  X(fit)               \
  X(predict)           \
  X(validate)          \
  X(experiment)        \
  X(explain)           \
  X(glossary)          \
  X(quiz)              \
  X(deck)

namespace grim {

#define GRIM_DECLARE(name) std::unique_ptr<Command> make_##name##_command();
GRIM_COMMANDS(GRIM_DECLARE)
#undef GRIM_DECLARE

}  // namespace grim
