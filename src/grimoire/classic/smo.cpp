#include "grimoire/classic/smo.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/classic/smo_cache.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kPiece = 65536;       // variables that one thread passes over at a time
constexpr int64_t kLargeSet = 1 << 20;  // bytes of dense data from which rows are asked for in batches
constexpr int64_t kHugeSet = 8 << 20;

template <class T> class Smo {
 public:
  Smo(const SmoProblem& p, KernelSet<T>& set)
      : p_(p),
        set_(set),
        n_(set.rows()),
        l_(static_cast<int64_t>(p.linear.size())),
        active_(l_),
        b_(p.start),
        f_(p.linear),
        linear_(p.linear),
        lower_(p.lower),
        upper_(p.upper),
        status_(static_cast<size_t>(l_)),
        diagonal_(static_cast<size_t>(l_)),
        origin_(static_cast<size_t>(l_)),
        nothing_(static_cast<size_t>(n_), T(0)),
        cache_(n_, p.cache_bytes) {
    std::iota(origin_.begin(), origin_.end(), 0);
    for (int64_t k = 0; k < l_; ++k) {
      diagonal_[k] = set.diagonal(k % n_);
      set_status(k);
    }
    if (set.form() == KernelSet<T>::Form::dense) batch_ = set.bytes() >= kHugeSet ? 48 : set.bytes() >= kLargeSet ? 16 : 1;
    if (cache_.capacity() < 4 * batch_) batch_ = 1;
    reconstruct(0);
    rescan();
  }

  SmoResult run();

 private:
  struct Group {
    int64_t begin, end;
    cpu::SmoExtremes extremes;
  };

  void set_status(int64_t k) {
    status_[k] = static_cast<uint8_t>((b_[k] < upper_[k] ? cpu::kMayRise : 0) | (b_[k] > lower_[k] ? cpu::kMayFall : 0) |
                                      (b_[k] >= 0 ? cpu::kTubeUp : 0) | (b_[k] > 0 ? cpu::kTubeDown : 0));
  }
  int64_t group_end(size_t g) const { return p_.group_end.size() == 1 ? active_ : p_.group_end[g]; }
  int64_t group_begin(size_t g) const { return g ? p_.group_end[g - 1] : 0; }
  int64_t length() const { return std::min(active_, n_); }
  double largest_violation() const {
    double v = -1e300;
    for (const Group& g : groups_) v = std::max(v, g.extremes.at < 0 ? -1e300 : g.extremes.rise - g.extremes.fall);
    return v;
  }

  // F += step (ki - kj) for all active variables, and every group's extremes.
  void update(const T* ki, const T* kj, double step) {
    groups_.clear();
    for (size_t g = 0; g < p_.group_end.size(); ++g) {
      const int64_t begin = group_begin(g), end = group_end(g), pieces = std::max<int64_t>(1, (end - begin + kPiece - 1) / kPiece);
      std::vector<cpu::SmoExtremes> found(static_cast<size_t>(pieces));
      device::for_chunks(pieces, [&](int64_t piece) {
        const int64_t from = begin + piece * kPiece, to = std::min(end, from + kPiece), row = from % n_;
        found[piece] = cpu::smo_update(&f_[from], ki + row, kj + row, step, &status_[from], p_.tube, to - from);
        if (found[piece].at >= 0) found[piece].at += from;
      });
      cpu::SmoExtremes all = found[0];
      for (const cpu::SmoExtremes& e : found) {
        if (e.rise > all.rise) all.rise = e.rise, all.at = e.at;
        all.fall = std::min(all.fall, e.fall);
      }
      groups_.push_back({begin, end, all});
    }
  }
  void rescan() { update(nothing_.data(), nothing_.data(), 0); }

  const T* row(int64_t k);
  void reconstruct(int64_t from);
  void shrink();
  void unshrink();
  void step(int64_t i, int64_t j, double rise);
  void finish(SmoResult& r) const;

  const SmoProblem& p_;
  KernelSet<T>& set_;
  int64_t n_, l_, active_;
  std::vector<double> b_, f_, linear_, lower_, upper_;
  std::vector<uint8_t> status_;
  std::vector<T> diagonal_;
  std::vector<int64_t> origin_;  // of the variable at each place, in the problem as given
  std::vector<T> nothing_;
  RowCache<T> cache_;
  int64_t batch_ = 1;
  std::vector<Group> groups_;
};

// The kernel row of variable k over the active rows. A large set is read once for a batch of rows: those that violate the optimality
// conditions most come along, as they will be asked for soon.
template <class T> const T* Smo<T>::row(int64_t k) {
  const int64_t place = k % n_, wanted = length();
  int64_t have = 0;
  const bool missing = !cache_.holds(origin_[place], wanted);
  T* data = cache_.take(origin_[place], wanted, have);
  if (!missing) return data;
  std::vector<int64_t> ids{place};
  std::vector<T*> out{data};
  if (batch_ > 1 && have == 0) {
    std::vector<std::pair<double, int64_t>> others;
    for (const Group& g : groups_)
      for (int64_t v = g.begin; v < g.end; ++v) {
        double violation = 0;
        if (status_[v] & cpu::kMayRise) violation = std::max(violation, -f_[v] - g.extremes.fall);
        if (status_[v] & cpu::kMayFall) violation = std::max(violation, g.extremes.rise + f_[v]);
        if (violation > 0 && v % n_ != place && !cache_.holds(origin_[v % n_], wanted)) others.emplace_back(-violation, v % n_);
      }
    const size_t many = std::min<size_t>(others.size(), static_cast<size_t>(batch_ - 1));
    std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(many), others.end());
    for (size_t i = 0; i < many; ++i) {
      if (std::find(ids.begin(), ids.end(), others[i].second) != ids.end()) continue;
      int64_t begun = 0;
      T* numbers = cache_.take(origin_[others[i].second], wanted, begun);
      ids.push_back(others[i].second);
      out.push_back(numbers);
    }
    data = cache_.take(origin_[place], wanted, have);  // again the most recent
    have = 0;
  }
  set_.values(set_, ids, have, wanted, out.data());
  return data;
}

// F of the variables from `from` on, which have not been kept up to date: linear + K b.
template <class T> void Smo<T>::reconstruct(int64_t from) {
  std::copy(linear_.begin() + from, linear_.end(), f_.begin() + from);
  const int64_t first = l_ > n_ ? 0 : from;
  std::vector<double> of_row(static_cast<size_t>(n_), 0.0);
  std::vector<int64_t> ids;
  for (int64_t k = 0; k < l_; ++k) of_row[k % n_] += b_[k];
  for (int64_t k = 0; k < n_; ++k)
    if (of_row[k] != 0) ids.push_back(k);
  const int64_t block = 32, width = n_ - first;
  if (width == 0 || ids.empty()) return;
  std::vector<T> rows(static_cast<size_t>(block * n_));
  for (size_t at = 0; at < ids.size(); at += block) {
    const size_t many = std::min<size_t>(block, ids.size() - at);
    std::vector<T*> out;
    for (size_t i = 0; i < many; ++i) out.push_back(&rows[i * n_]);
    set_.values(set_, std::span(ids).subspan(at, many), first, n_, out.data());
    device::parallel_for(width, 8192, [&](int64_t begin, int64_t end) {
      for (size_t i = 0; i < many; ++i)
        for (int64_t copy = 0; copy < l_; copy += n_)
          cpu::smo_add(&f_[copy + first + begin], out[i] + first + begin, of_row[ids[at + i]], end - begin);
    });
  }
}

// Variables at a bound that push against it harder than anyone pulls leave the problem for now (Joachims 1998; Fan, Chen and Lin 2005,
// section 5): the rest move to the front, in data, cache and vectors.
template <class T> void Smo<T>::shrink() {
  const double rise = groups_[0].extremes.rise, fall = groups_[0].extremes.fall;
  std::vector<int64_t> order, out;
  for (int64_t k = 0; k < active_; ++k) {
    const double up = -(f_[k] + ((status_[k] & cpu::kTubeUp) ? p_.tube : -p_.tube)),
                 down = -(f_[k] + ((status_[k] & cpu::kTubeDown) ? p_.tube : -p_.tube));
    const bool useless = (!(status_[k] & cpu::kMayRise) || up < fall) && (!(status_[k] & cpu::kMayFall) || down > rise);
    (useless ? out : order).push_back(k);
  }
  const int64_t kept = static_cast<int64_t>(order.size());
  if (static_cast<int64_t>(out.size()) * 10 < active_ || kept < 2) return;
  order.insert(order.end(), out.begin(), out.end());
  cache_.permute(order);
  set_.permute(order);
  const auto move = [&](auto& v) {
    const auto old = v;
    for (int64_t k = 0; k < active_; ++k) v[k] = old[order[k]];
  };
  move(b_), move(f_), move(linear_), move(lower_), move(upper_), move(status_), move(diagonal_), move(origin_);
  active_ = kept;
  rescan();
}

template <class T> void Smo<T>::unshrink() {
  reconstruct(active_);
  active_ = l_;
  rescan();
}

// The pair moves along its common line to the minimum, or to the first bound (or kink of tube |b|) on the way.
template <class T> void Smo<T>::step(int64_t i, int64_t j, double rise) {
  const T *ki = row(i), *kj = row(j);
  const double fall = -(f_[j] + ((status_[j] & cpu::kTubeDown) ? p_.tube : -p_.tube));
  const double bend =
      std::max(1e-12, static_cast<double>(diagonal_[i]) + static_cast<double>(diagonal_[j]) - 2 * static_cast<double>(ki[j % n_]));
  const bool kinks = p_.tube > 0;
  const double stop_i = kinks && b_[i] < 0 ? 0.0 : upper_[i], stop_j = kinks && b_[j] > 0 ? 0.0 : lower_[j];
  const double free = (rise - fall) / bend, room_i = stop_i - b_[i], room_j = b_[j] - stop_j, by = std::min({free, room_i, room_j});
  b_[i] = by == room_i ? stop_i : b_[i] + by;
  b_[j] = by == room_j ? stop_j : b_[j] - by;
  set_status(i);
  set_status(j);
  update(ki, kj, by);
}

template <class T> SmoResult Smo<T>::run() {
  SmoResult r;
  const int64_t period = std::min<int64_t>(l_, 1000);
  const bool shrinking = p_.shrinking && p_.group_end.size() == 1 && l_ == n_;
  int64_t until_shrink = period;
  bool opened = false;
  for (;;) {
    r.violation = largest_violation();
    if (r.violation <= p_.tolerance) {
      if (active_ == l_) break;
      unshrink();
      until_shrink = 1;
      continue;
    }
    if (r.iterations >= p_.most_iterations) break;
    if (shrinking && --until_shrink <= 0) {
      until_shrink = period;
      if (!opened && active_ < l_ && r.violation <= 10 * p_.tolerance) opened = true, unshrink();
      shrink();
    }
    int64_t i = -1;
    double rise = 0;
    cpu::SmoPartner best;
    for (const Group& g : groups_) {
      if (g.extremes.at < 0 || g.extremes.rise - g.extremes.fall <= 0) continue;
      const int64_t own = g.extremes.at, pieces = (g.end - g.begin + kPiece - 1) / kPiece;
      const T* ki = row(own);
      std::vector<cpu::SmoPartner> found(static_cast<size_t>(pieces));
      device::for_chunks(pieces, [&](int64_t piece) {
        const int64_t from = g.begin + piece * kPiece, to = std::min(g.end, from + kPiece);
        found[piece] = cpu::smo_partner(&f_[from], ki + from % n_, &diagonal_[from], static_cast<double>(diagonal_[own]), g.extremes.rise,
                                        &status_[from], p_.tube, to - from);
        if (found[piece].at >= 0) found[piece].at += from;
      });
      for (const cpu::SmoPartner& f : found)
        if (f.at >= 0 && f.gain > best.gain) best = f, i = own, rise = g.extremes.rise;
    }
    if (i < 0) break;
    step(i, best.at, rise);
    ++r.iterations;
  }
  if (active_ < l_) {
    unshrink();
    r.violation = largest_violation();
  }
  r.violation = std::max(0.0, r.violation);
  r.converged = r.violation <= p_.tolerance;
  finish(r);
  return r;
}

template <class T> void Smo<T>::finish(SmoResult& r) const {
  r.b.resize(static_cast<size_t>(l_));
  r.gradient.resize(static_cast<size_t>(l_));
  for (int64_t k = 0; k < l_; ++k) {
    r.b[origin_[k]] = b_[k];
    r.gradient[origin_[k]] = f_[k];
    r.objective += 0.5 * b_[k] * (f_[k] + linear_[k]) + p_.tube * std::abs(b_[k]);
  }
  for (const Group& g : groups_) {
    double sum = 0;
    int64_t free = 0;
    for (int64_t k = g.begin; k < g.end; ++k) {
      if (b_[k] >= upper_[k] || b_[k] <= lower_[k] || (p_.tube > 0 && b_[k] == 0)) continue;
      sum += f_[k] + (p_.tube > 0 ? std::copysign(p_.tube, b_[k]) : 0.0);
      ++free;
    }
    r.rho.push_back(free > 0 ? sum / static_cast<double>(free) : -(g.extremes.rise + g.extremes.fall) / 2);
    // With slopes s = F - rho: s b + tube |b| less its minimum over lower <= v <= upper, which lies at an end or at 0.
    for (int64_t k = g.begin; k < g.end; ++k) {
      const double s = f_[k] - r.rho.back();
      const auto at = [&](double v) { return s * v + p_.tube * std::abs(v); };
      const double least = std::min({at(lower_[k]), at(upper_[k]), lower_[k] <= 0 && upper_[k] >= 0 ? 0.0 : double{INFINITY}});
      r.gap += std::max(0.0, at(b_[k]) - least);
    }
  }
}

}  // namespace

template <class T> SmoResult solve_smo(const SmoProblem& problem, KernelSet<T>& set) { return Smo<T>(problem, set).run(); }
template SmoResult solve_smo(const SmoProblem&, KernelSet<float>&);
template SmoResult solve_smo(const SmoProblem&, KernelSet<double>&);

}  // namespace grim
