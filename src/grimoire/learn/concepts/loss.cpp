#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kLoss = {"loss", "Losses", {}};

}  // namespace grim::learn
