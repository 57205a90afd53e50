#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kInit = {"init", "Initial weights and health", {}};

}  // namespace grim::learn
