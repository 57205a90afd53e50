#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kGen = {"gen", "Generative models", {}};

}  // namespace grim::learn
