// The decompositions on Eigen. A file that includes this defines GRIM_LINALG as its table's name and renames the namespace Eigen,
// so that code for one machine is never linked in place of another's.
#include <Eigen/Dense>

#include "grimoire/stats/linalg_kernel.h"

namespace grim::stats::kernel {
namespace {

using Matrix = Eigen::MatrixXd;  // column-major, as Eigen's blocked kernels like it
using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

bool symmetric(int64_t n, const double* a, double* values, double* vectors) {
  // The lower triangle of rows is the upper one of columns.
  const Matrix full = Eigen::Map<const Matrix>(a, n, n).selfadjointView<Eigen::Upper>();
  const Eigen::SelfAdjointEigenSolver<Matrix> e(full, vectors ? Eigen::ComputeEigenvectors : Eigen::EigenvaluesOnly);
  if (e.info() != Eigen::Success) return false;
  Eigen::Map<Vector>(values, n) = e.eigenvalues();
  if (vectors) Eigen::Map<Matrix>(vectors, n, n) = e.eigenvectors();  // columns, that is rows for a row-major reader
  return true;
}

bool tridiagonal(int64_t n, const double* diagonal, const double* below, double* values, double* vectors) {
  Eigen::SelfAdjointEigenSolver<Matrix> e;
  e.computeFromTridiagonal(Eigen::Map<const Vector>(diagonal, n), Eigen::Map<const Vector>(below, n - 1), Eigen::ComputeEigenvectors);
  if (e.info() != Eigen::Success) return false;
  Eigen::Map<Vector>(values, n) = e.eigenvalues();
  Eigen::Map<Matrix>(vectors, n, n) = e.eigenvectors();
  return true;
}

bool general(int64_t n, const double* a, double* re, double* im, double* vectors_re, double* vectors_im) {
  const Matrix columns = Eigen::Map<const Rows>(a, n, n);
  const Eigen::EigenSolver<Matrix> e(columns);
  if (e.info() != Eigen::Success) return false;
  Eigen::Map<Vector>(re, n) = e.eigenvalues().real();
  Eigen::Map<Vector>(im, n) = e.eigenvalues().imag();
  const Eigen::MatrixXcd vectors = e.eigenvectors();
  Eigen::Map<Rows>(vectors_re, n, n) = vectors.real();
  Eigen::Map<Rows>(vectors_im, n, n) = vectors.imag();
  return true;
}

bool svd(int64_t m, int64_t n, const double* a, double* u, double* s, double* vt) {
  const Matrix columns = Eigen::Map<const Rows>(a, m, n);
  const Eigen::BDCSVD<Matrix> d(columns, Eigen::ComputeThinU | Eigen::ComputeThinV);
  if (d.info() != Eigen::Success) return false;
  const int64_t k = m < n ? m : n;
  Eigen::Map<Rows>(u, m, k) = d.matrixU();
  Eigen::Map<Vector>(s, k) = d.singularValues();
  Eigen::Map<Rows>(vt, k, n) = d.matrixV().transpose();
  return true;
}

void symv(int64_t n, const double* a, const double* x, double* y) {
  Eigen::Map<Vector>(y, n).noalias() = Eigen::Map<const Matrix>(a, n, n).selfadjointView<Eigen::Upper>() * Eigen::Map<const Vector>(x, n);
}

}  // namespace

extern const Linalg GRIM_LINALG;
const Linalg GRIM_LINALG = {symmetric, tridiagonal, general, svd, symv};

}  // namespace grim::stats::kernel
