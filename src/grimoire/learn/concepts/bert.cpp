#include "grimoire/learn/concepts/families.h"

namespace grim::learn {

const Family kBert = {"bert", "BERT and its tasks", {}};

}  // namespace grim::learn
