#define Eigen Eigen_portable
#define GRIM_LINALG linalg_portable
#include "grimoire/stats/linalg_eigen-inl.h"
