// Exact search over all rows. For Euclid and cosine the work is one matrix product, |x - y|^2 = |x|^2 - 2 x.y + |y|^2, in float32 on
// rows about their mean; what survives it, somewhat more than k, is measured again in float64, because the difference of large
// numbers loses digits. Where it may have lost so much that a row outside is nearer, all rows are measured. Rows keep the type they came in
// and are turned into floats a block at a time.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/classic/neighbours.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kQueryBlock = 256, kRowBlock = 1024;
constexpr int64_t kFewQueries = 4 * kQueryBlock;  // below: the rows are cut among threads too

int64_t candidates_for(int64_t k, int64_t rows) { return std::min(rows, 2 * k + 16); }

struct Candidate {
  float distance;
  int32_t row;
};
bool nearer(const Candidate& a, const Candidate& b) { return a.distance != b.distance ? a.distance < b.distance : a.row < b.row; }

// The m smallest of a stream: a buffer of 2m that is cut back to m whenever it is full.
class Shortlist {
 public:
  explicit Shortlist(int64_t m) : m_(static_cast<size_t>(m)) { items_.reserve(2 * m_ + 1); }
  float bound() const { return bound_; }
  void add(float distance, int64_t row) {
    items_.push_back({distance, static_cast<int32_t>(row)});
    if (items_.size() > 2 * m_) cut();
  }
  void cut() {
    if (items_.size() <= m_) return;
    std::nth_element(items_.begin(), items_.begin() + static_cast<int64_t>(m_) - 1, items_.end(), nearer);
    items_.resize(m_);
    bound_ = items_[m_ - 1].distance;
  }
  std::vector<Candidate>& items() { return items_; }

 private:
  size_t m_;
  float bound_ = INFINITY;
  std::vector<Candidate> items_;
};

class BruteIndex final : public NeighbourIndex {
 public:
  BruteIndex(const Features& rows, const Metric& metric) : rows_(rows), metric_(metric) {
    GRIM_CHECK(rows.rows() < (int64_t{1} << 31), argument, "neighbours", "got {} rows, expected fewer than 2^31", rows.rows());
    in_floats_ = by_product() && largest_value(rows) <= kLargestFloat;
    if (in_floats_) prepare();
  }
  const char* kind() const override { return "brute"; }

  NeighbourLists search(const Features& queries, int64_t k) const override {
    const int64_t Q = queries.rows();
    NeighbourLists lists{.k = std::min(k, rows_.rows()), .row = {}, .distance = {}};
    lists.row.resize(static_cast<size_t>(Q * lists.k));
    lists.distance.resize(lists.row.size());
    check_reach(queries);
    if (in_floats_ && largest_value(queries) <= kLargestFloat)
      search_by_product(queries, lists);
    else
      search_by_metric(queries, lists);
    return lists;
  }

  std::vector<std::vector<Near>> within(const Features& queries, double radius) const override {
    std::vector<std::vector<Near>> found(static_cast<size_t>(queries.rows()));
    const int64_t P = rows_.width();
    device::parallel_for(queries.rows(), 1, [&](int64_t begin, int64_t end) {
      std::vector<double> q(static_cast<size_t>(P)), block(static_cast<size_t>(kRowBlock * P));
      for (int64_t i = begin; i < end; ++i) {
        queries.read_rows(i, i + 1, q.data());
        for (int64_t r = 0; r < rows_.rows(); r += kRowBlock) {
          const int64_t stop = std::min(rows_.rows(), r + kRowBlock);
          rows_.read_rows(r, stop, block.data());
          for (int64_t j = r; j < stop; ++j) {
            const double d = metric_(q.data(), &block[static_cast<size_t>((j - r) * P)], P);
            if (d <= radius) found[static_cast<size_t>(i)].push_back({d, j});
          }
        }
      }
    });
    return found;
  }

 private:
  bool by_product() const { return metric_.kind == Metric::Kind::l2 || metric_.kind == Metric::Kind::cosine; }
  bool cosine() const { return metric_.kind == Metric::Kind::cosine; }

  void prepare() {
    const int64_t N = rows_.rows(), P = rows_.width();
    centre_.assign(static_cast<size_t>(P), 0);
    std::vector<double> block(static_cast<size_t>(std::min(N, kRowBlock) * P));
    if (!cosine()) {
      for (int64_t r = 0; r < N; r += kRowBlock) {
        const int64_t stop = std::min(N, r + kRowBlock);
        rows_.read_rows(r, stop, block.data());
        for (int64_t i = 0; i < (stop - r) * P; ++i) centre_[static_cast<size_t>(i % P)] += block[static_cast<size_t>(i)];
      }
      for (double& c : centre_) c /= static_cast<double>(N);
    }
    norm_.resize(static_cast<size_t>(N));
    device::parallel_for(N, kRowBlock, [&](int64_t begin, int64_t end) {
      std::vector<float> x(static_cast<size_t>((end - begin) * P));
      read_block(rows_, begin, end, x.data());
      for (int64_t r = begin; r < end; ++r)
        norm_[static_cast<size_t>(r)] = dot(&x[static_cast<size_t>((r - begin) * P)], &x[static_cast<size_t>((r - begin) * P)], P);
    });
    longest_ = std::sqrt(static_cast<double>(*std::max_element(norm_.begin(), norm_.end())));
  }

  // Rows as floats: about the mean for Euclid, of length 1 for cosine.
  void read_block(const Features& x, int64_t begin, int64_t end, float* out) const {
    const int64_t P = rows_.width();
    std::vector<double> row(static_cast<size_t>(P));
    for (int64_t r = begin; r < end; ++r, out += P) {
      x.read_rows(r, r + 1, row.data());
      double scale = 1;
      if (cosine()) {
        double squares = 0;
        for (double v : row) squares += v * v;
        scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
      }
      for (int64_t c = 0; c < P; ++c) out[c] = static_cast<float>((row[static_cast<size_t>(c)] - centre_[static_cast<size_t>(c)]) * scale);
    }
  }

  void search_by_product(const Features& queries, NeighbourLists& lists) const {
    const int64_t Q = queries.rows(), N = rows_.rows(), blocks = (Q + kQueryBlock - 1) / kQueryBlock;
    const int64_t parts = Q >= kFewQueries ? 1 : std::clamp<int64_t>(N / (8 * kRowBlock), 1, 16);  // by sizes alone
    std::vector<std::vector<Shortlist>> found(static_cast<size_t>(blocks * parts));
    device::for_chunks(blocks * parts, [&](int64_t chunk) {
      const int64_t block = chunk / parts, part = chunk % parts;
      found[static_cast<size_t>(chunk)] =
          scan(queries, block * kQueryBlock, std::min(Q, (block + 1) * kQueryBlock), N * part / parts, N * (part + 1) / parts, lists.k);
      if (parts == 1) {
        finish(queries, block, 1, found, lists);
        found[static_cast<size_t>(chunk)].clear();
      }
    });
    if (parts > 1) device::for_chunks(blocks, [&](int64_t block) { finish(queries, block, parts, found, lists); });
  }

  std::vector<Shortlist> scan(const Features& queries, int64_t q0, int64_t q1, int64_t r0, int64_t r1, int64_t k) const {
    const int64_t P = rows_.width(), Q = q1 - q0;
    std::vector<float> q(static_cast<size_t>(Q * P)), x(static_cast<size_t>(kRowBlock * P)), product(static_cast<size_t>(Q * kRowBlock));
    read_block(queries, q0, q1, q.data());
    std::vector<Shortlist> lists(static_cast<size_t>(Q), Shortlist(candidates_for(k, rows_.rows())));
    for (int64_t r = r0; r < r1; r += kRowBlock) {
      const int64_t n = std::min(kRowBlock, r1 - r);
      read_block(rows_, r, r + n, x.data());
      device::gemm({.M = Q,
                    .N = n,
                    .K = P,
                    .a = q.data(),
                    .a_row = P,
                    .b = x.data(),
                    .b_row = 1,
                    .b_col = P,
                    .c = product.data(),
                    .c_row = kRowBlock});
      for (int64_t i = 0; i < Q; ++i)
        offer(&product[static_cast<size_t>(i * kRowBlock)], &norm_[static_cast<size_t>(r)], r, n, lists[static_cast<size_t>(i)]);
    }
    return lists;
  }

  // |y|^2 - 2 x.y orders rows as |x - y|^2 does. Sixteen at a time are passed over when none can enter.
  static void offer(const float* product, const float* norm, int64_t first, int64_t n, Shortlist& list) {
    constexpr int64_t kLanes = 16;
    int64_t j = 0;
    for (; j + kLanes <= n; j += kLanes) {
      float d[kLanes], least = INFINITY;
      for (int64_t l = 0; l < kLanes; ++l) d[l] = norm[j + l] - 2 * product[j + l];
      for (int64_t l = 0; l < kLanes; ++l) least = d[l] < least ? d[l] : least;
      if (least > list.bound()) continue;
      for (int64_t l = 0; l < kLanes; ++l)
        if (d[l] <= list.bound()) list.add(d[l], first + j + l);
    }
    for (; j < n; ++j) {
      const float d = norm[j] - 2 * product[j];
      if (d <= list.bound()) list.add(d, first + j);
    }
  }

  void finish(const Features& queries, int64_t block, int64_t parts, std::vector<std::vector<Shortlist>>& found,
              NeighbourLists& lists) const {
    const int64_t P = rows_.width(), q0 = block * kQueryBlock, Q = std::min(queries.rows() - q0, kQueryBlock);
    std::vector<double> q(static_cast<size_t>(P)), x(static_cast<size_t>(P));
    for (int64_t i = 0; i < Q; ++i) {
      queries.read_rows(q0 + i, q0 + i + 1, q.data());
      Shortlist merged = std::move(found[static_cast<size_t>(block * parts)][static_cast<size_t>(i)]);
      for (int64_t part = 1; part < parts; ++part)
        for (const Candidate& c : found[static_cast<size_t>(block * parts + part)][static_cast<size_t>(i)].items())
          merged.add(c.distance, c.row);
      merged.cut();
      NearestList nearest(lists.k);
      for (const Candidate& c : merged.items()) {
        rows_.read_rows(c.row, c.row + 1, x.data());
        nearest.offer({metric_(q.data(), x.data(), P), c.row});
      }
      if (!certain(q, merged.items(), nearest.worst())) search_all(q, nearest);
      store(nearest, q0 + i, lists);
    }
  }

  // Whether no row outside the shortlist can be nearer than `worst`, whatever the float products have lost: |x|^2 - 2 q.x of a row outside
  // is above the largest in the list, less rounding of 2^-24 for each of the numbers and, as it grows in sums, for root P of them.
  bool certain(const std::vector<double>& q, const std::vector<Candidate>& listed, double worst) const {
    if (static_cast<int64_t>(listed.size()) == rows_.rows()) return true;
    double bound = -INFINITY, square = 0;
    for (const Candidate& c : listed) bound = std::max(bound, static_cast<double>(c.distance));
    if (cosine()) square = 1;
    for (size_t c = 0; c < q.size() && !cosine(); ++c) square += (q[c] - centre_[c]) * (q[c] - centre_[c]);
    const double P = static_cast<double>(q.size()), reach = cosine() ? 2 : std::sqrt(square) + longest_;
    const double lost = 0x1p-24 * (4 + std::sqrt(P)) * reach * reach + P * 1e-37, least = square + bound - lost;
    return cosine() ? least / 2 > worst : least > worst * worst;
  }

  void search_all(const std::vector<double>& q, NearestList& nearest) const {
    const int64_t P = rows_.width(), N = rows_.rows();
    std::vector<double> x(static_cast<size_t>(kRowBlock * P));
    nearest.clear();
    for (int64_t r = 0; r < N; r += kRowBlock) {
      const int64_t stop = std::min(N, r + kRowBlock);
      rows_.read_rows(r, stop, x.data());
      for (int64_t j = r; j < stop; ++j) nearest.offer({metric_(q.data(), &x[static_cast<size_t>((j - r) * P)], P), j});
    }
  }

  static void store(const NearestList& nearest, int64_t query, NeighbourLists& lists) {
    for (int64_t j = 0; j < lists.k; ++j) {
      lists.row[static_cast<size_t>(query * lists.k + j)] = nearest.items()[static_cast<size_t>(j)].row;
      lists.distance[static_cast<size_t>(query * lists.k + j)] = nearest.items()[static_cast<size_t>(j)].distance;
    }
  }

  void search_by_metric(const Features& queries, NeighbourLists& lists) const {
    const int64_t P = rows_.width(), N = rows_.rows();
    device::parallel_for(queries.rows(), 8, [&](int64_t begin, int64_t end) {
      std::vector<double> q(static_cast<size_t>((end - begin) * P)), x(static_cast<size_t>(kRowBlock * P));
      queries.read_rows(begin, end, q.data());
      std::vector<NearestList> nearest(static_cast<size_t>(end - begin), NearestList(lists.k));
      for (int64_t r = 0; r < N; r += kRowBlock) {
        const int64_t stop = std::min(N, r + kRowBlock);
        rows_.read_rows(r, stop, x.data());
        for (int64_t i = 0; i < end - begin; ++i)
          for (int64_t j = r; j < stop; ++j)
            nearest[static_cast<size_t>(i)].offer({metric_(&q[static_cast<size_t>(i * P)], &x[static_cast<size_t>((j - r) * P)], P), j});
      }
      for (int64_t i = begin; i < end; ++i) store(nearest[static_cast<size_t>(i - begin)], i, lists);
    });
  }

  Features rows_;
  Metric metric_;
  std::vector<double> centre_;
  std::vector<float> norm_;  // squared lengths of the rows as read_block gives them
  double longest_ = 0;       // the largest of their roots
  bool in_floats_ = false;
};

}  // namespace

std::unique_ptr<NeighbourIndex> make_brute_index(const Features& rows, const Metric& metric) {
  return std::make_unique<BruteIndex>(rows, metric);
}

}  // namespace grim
