// The dual problems of the support vector machines, ready for the solver; and what they answer.
#pragma once

#include "grimoire/classic/smo.h"

namespace grim {

struct SvmSettings {
  double C = 1, nu = .5, epsilon = .1, tolerance = 1e-3;
  int64_t most_iterations = 0, cache_bytes = 0;  // 0: max(10^7, 100 n)
  bool shrinking = true;
};
struct SvmAnswer {
  std::vector<double> dual;  // of each row
  double rho = 0, objective = 0, violation = 0, gap = 0;
  int64_t iterations = 0, bounded = 0;
  bool converged = false;
};
// sign: +1 or -1 of each row; nu-SVC wants all +1 first. weight: of each row, class weights included.
template <class T>
SvmAnswer solve_c_svc(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& sign, const std::vector<double>& weight);
template <class T>
SvmAnswer solve_nu_svc(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& sign, const std::vector<double>& weight);
template <class T>
SvmAnswer solve_svr(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& y, const std::vector<double>& weight);
template <class T>
SvmAnswer solve_nu_svr(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& y, const std::vector<double>& weight);
template <class T> SvmAnswer solve_one_class(const SvmSettings& s, KernelSet<T>& set, const std::vector<double>& weight);

}  // namespace grim
