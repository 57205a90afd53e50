#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kAda = {"ada", "Adapting models", {}};

}  // namespace grim::learn
