#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kReg = {"reg", "Regularisation", {}};

}  // namespace grim::learn
