#define Eigen Eigen_avx2
#define GRIM_LINALG linalg_avx2
#include "grimoire/stats/linalg_eigen-inl.h"
