#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kEval = {"eval", "Scores of text", {}};

}  // namespace grim::learn
