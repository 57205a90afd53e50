#define Eigen Eigen_avx512
#define GRIM_LINALG linalg_avx512
#include "grimoire/stats/linalg_eigen-inl.h"
