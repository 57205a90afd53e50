#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kLm = {"lm", "Language models", {}};

}  // namespace grim::learn
