#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kNorm = {"norm", "Normalisation", {}};

}  // namespace grim::learn
