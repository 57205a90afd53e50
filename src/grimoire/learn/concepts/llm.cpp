#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kLlm = {"llm", "Large language models", {}};

}  // namespace grim::learn
