#include "grimoire/base/error.h"

namespace grim {

void fail(ErrorKind kind, std::string_view where, std::string message, std::string hint) {
  throw Error(kind, str("[{}] {}", where, message), std::move(hint));
}

}  // namespace grim
