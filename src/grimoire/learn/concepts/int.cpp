#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kInt = {"int", "Interpretability", {}};

}  // namespace grim::learn
