#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kAi = {"ai", "Machine learning and AI", {}};

}  // namespace grim::learn
