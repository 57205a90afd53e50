// What a pickle's bytes are called, and the few names that mean something in a checkpoint.
#pragma once

#include <optional>
#include <string_view>

#include "grimoire/io/stored_type.h"

namespace grim {

const char* name_of_opcode(int code);  // "GLOBAL", as Python's pickletools; nullptr: none

enum class Word { ordered_dict, size, rebuild_tensor, rebuild_typed_tensor, rebuild_parameter, storage, dtype };
struct PickleWord {
  Word word;
  const StoredType* type;  // of a storage or dtype; nullptr for others, and for a storage of plain bytes
};
std::optional<PickleWord> pickle_word(std::string_view name);  // "torch._utils _rebuild_tensor_v2": a module and a name in it

}  // namespace grim
