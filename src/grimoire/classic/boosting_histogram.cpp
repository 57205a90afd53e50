#include "grimoire/classic/boosting_histogram.h"

#include <algorithm>
#include <numeric>

#include "grimoire/device/threads.h"

namespace grim::tree {

Histograms::Histograms(const Bins& bins, std::vector<int64_t> columns, bool counts, double list_cost)
    : bins_(bins), columns_(std::move(columns)), counts_(counts), usual_(columns_.size()), is_listed_(columns_.size()),
      place_(columns_.size()) {
  offset_.push_back(0);
  for (int64_t c : columns_) offset_.push_back(offset_.back() + static_cast<size_t>(bins.columns[static_cast<size_t>(c)].total()));
  std::vector<double> share(columns_.size());
  device::parallel_for(this->columns(), 16, [&](int64_t begin, int64_t end) {
    for (int64_t slot = begin; slot < end; ++slot) {
      const UsualBin usual = usual_bin(bins_, column(slot));
      usual_[static_cast<size_t>(slot)] = usual.bin;
      share[static_cast<size_t>(slot)] = usual.share;
    }
  });
  // Columns that are usual in most rows are listed, if the cells that this leaves out of a row pay for its lists.
  std::vector<int64_t> packed, listed;
  double left_out = 0;
  for (int64_t slot = 0; slot < this->columns(); ++slot) {
    const double usual = share[static_cast<size_t>(slot)];
    (usual < kListedShare ? packed : listed).push_back(slot);
    if (usual >= kListedShare) left_out += usual;
  }
  if (left_out < list_cost) {
    packed.resize(columns_.size());
    std::iota(packed.begin(), packed.end(), int64_t{0});
    listed.clear();
  }
  pack(packed);
  list(listed);
}

void Histograms::pack(const std::vector<int64_t>& slots) {
  const int64_t P = static_cast<int64_t>(slots.size()), N = bins_.rows;
  packed_ = Tensor::empty({std::max<int64_t>(1, P * N)}, Dtype::u8);
  uint8_t* packed = packed_.data<uint8_t>();
  const int64_t group_count = (P + kGroup - 1) / kGroup;
  for (int64_t i = 0; i < group_count; ++i) {  // groups of even width
    const int64_t first = P * i / group_count, end = P * (i + 1) / group_count;
    groups_.push_back({{slots.begin() + first, slots.begin() + end}, packed + first * N, block_});
    for (int64_t slot : groups_.back().slots) {
      place_[static_cast<size_t>(slot)] = block_;
      block_ += column_numbers();
    }
  }
  constexpr int64_t kRows = 4096;
  const int64_t blocks = (N + kRows - 1) / kRows;
  device::for_chunks(group_count * blocks, [&](int64_t task) {
    Group& g = groups_[static_cast<size_t>(task / blocks)];
    const int64_t begin = task % blocks * kRows, end = std::min(N, begin + kRows), width = static_cast<int64_t>(g.slots.size());
    const uint8_t* in[kGroup];
    for (int64_t j = 0; j < width; ++j) in[j] = bins_.column(column(g.slots[static_cast<size_t>(j)]));
    interleave(in, width, begin, end, g.cells, width);
  });
}

void Histograms::list(const std::vector<int64_t>& slots) {
  int64_t cells = 0, done = 0;
  for (int64_t slot : slots) cells += bins_of(slot);
  const int64_t group_count = (cells + kListCells - 1) / kListCells;
  for (size_t next = 0; next < slots.size();) {  // groups of about as many cells
    const int64_t end = cells * static_cast<int64_t>(lists_.size() + 1) / group_count;
    std::vector<int64_t> in;
    std::vector<uint8_t> usual;
    std::vector<uint32_t> first_cell{0};
    for (; next < slots.size() && done < end; ++next) {
      const int64_t slot = slots[next];
      place_[static_cast<size_t>(slot)] = block_ + first_cell.back() * width();
      in.push_back(column(slot));
      usual.push_back(usual_[static_cast<size_t>(slot)]);
      first_cell.push_back(first_cell.back() + static_cast<uint32_t>(bins_of(slot)));
      done += bins_of(slot);
      is_listed_[static_cast<size_t>(slot)] = true;
    }
    const int64_t numbers = (first_cell.back() + 4) * width();
    lists_.push_back({CellLists(bins_, in, usual, first_cell), block_, numbers});
    block_ += (numbers + 15) / 16 * 16;
  }
}

void Histograms::build(const float* gh, std::span<const uint32_t> rows, std::span<const int64_t> slots, double* out) {
  const int64_t n = static_cast<int64_t>(rows.size());
  const bool all = n == bins_.rows;  // rows rise, so these are 0 .. n - 1
  const int64_t chunks = std::max<int64_t>(1, (n + kChunk - 1) / kChunk), packs = static_cast<int64_t>(groups_.size());
  const int64_t parts = packs + static_cast<int64_t>(lists_.size());
  if (!partial_.defined() || partial_.numel() < chunks * block_) partial_ = Tensor::empty({chunks * block_});
  float* partial = partial_.data<float>();
  device::for_chunks(chunks * parts, [&](int64_t task) {
    const int64_t chunk = task / parts, part = task % parts, begin = chunk * kChunk, count = std::min(n - begin, kChunk);
    const uint32_t* which = all ? nullptr : rows.data() + begin;
    float* block = partial + chunk * block_;
    if (part < packs) {
      const Group& g = groups_[static_cast<size_t>(part)];
      for (int64_t slot : g.slots) std::fill_n(block + place_[static_cast<size_t>(slot)], bins_of(slot) * width(), 0.0f);
      add_to_histogram({g.cells, static_cast<int64_t>(g.slots.size()), which, begin, count, gh, width(), block + g.place});
    } else {
      const List& l = lists_[static_cast<size_t>(part - packs)];
      std::fill_n(block + l.place, l.numbers, 0.0f);
      add_lists({l.cells.cells(), l.cells.start(), which, begin, count, gh, width(), block + l.place});
    }
  });
  double* total = out + size() - 4;
  if (!lists_.empty()) std::ranges::copy(sum_of(gh, rows), total);
  device::parallel_for(static_cast<int64_t>(slots.size()), 8, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      const auto slot = static_cast<size_t>(slots[static_cast<size_t>(i)]);
      const size_t numbers = (offset_[slot + 1] - offset_[slot]) * static_cast<size_t>(width());
      double* sum = out + offset_[slot] * static_cast<size_t>(width());
      const float* part = partial + place_[slot];
      for (size_t j = 0; j < numbers; ++j) sum[j] = part[j];
      for (int64_t chunk = 1; chunk < chunks; ++chunk) {
        part += block_;
        for (size_t j = 0; j < numbers; ++j) sum[j] += part[j];
      }
      if (is_listed_[slot]) fill_usual(total, numbers, sum + usual_[slot] * static_cast<size_t>(width()), sum);
    }
  });
}

// In double, chunk after chunk.
std::array<double, 4> Histograms::sum_of(const float* gh, std::span<const uint32_t> rows) const {
  const int64_t n = static_cast<int64_t>(rows.size()), chunks = (n + kChunk - 1) / kChunk;
  const auto cell = static_cast<size_t>(width());
  std::vector<std::array<double, 4>> sums(static_cast<size_t>(chunks));
  device::for_chunks(chunks, [&](int64_t chunk) {
    std::array<double, 4> s{};
    for (const uint32_t r : rows.subspan(static_cast<size_t>(chunk * kChunk), static_cast<size_t>(std::min(kChunk, n - chunk * kChunk))))
      for (size_t j = 0; j < cell; ++j) s[j] += gh[r * cell + j];
    sums[static_cast<size_t>(chunk)] = s;
  });
  std::array<double, 4> total{};
  for (const auto& s : sums)
    for (size_t j = 0; j < cell; ++j) total[j] += s[j];
  return total;
}

// The usual cell, empty so far, gets the total less all the others.
void Histograms::fill_usual(const double* total, size_t numbers, double* usual, const double* sum) const {
  double others[8] = {};  // number j of a cell is in others[j], others[j + width], ...
  size_t i = 0;
  for (; i + 8 <= numbers; i += 8)
    for (size_t j = 0; j < 8; ++j) others[j] += sum[i + j];
  for (; i < numbers; ++i) others[i % 8] += sum[i];
  const auto cell = static_cast<size_t>(width());
  for (size_t j = 0; j < 8; ++j) usual[j % cell] -= others[j];
  for (size_t j = 0; j < cell; ++j) usual[j] += total[j];
  clear_rounding(usual, total[1]);
}

// A millionth of the sum is what rounding may leave of no row at all.
void Histograms::clear_rounding(double* usual, double h) const {
  if (usual[1] <= 1e-6 * h) std::fill_n(usual, width(), 0.0);
}

void Histograms::subtract(double* whole, const double* part, std::span<const int64_t> slots) const {
  const auto cell = static_cast<size_t>(width());
  for (size_t i = size() - 4; i < size(); ++i) whole[i] -= part[i];
  const double h = whole[size() - 3];
  device::parallel_for(static_cast<int64_t>(slots.size()), 64, [&](int64_t first, int64_t last) {
    for (int64_t j = first; j < last; ++j) {
      const auto slot = static_cast<size_t>(slots[static_cast<size_t>(j)]);
      for (size_t i = offset_[slot] * cell; i < offset_[slot + 1] * cell; ++i) whole[i] -= part[i];
      if (is_listed_[slot]) clear_rounding(whole + (offset_[slot] + usual_[slot]) * cell, h);
    }
  });
}

// The sums over all rows and the usual cell are exact to double, so what lies between them is what the other cells add up to.
bool Histograms::has_least(const double* histogram, int64_t slot, double h, double weight) const {
  const auto s = static_cast<size_t>(slot);
  if (!is_listed_[s]) return true;
  const double *usual = cells(histogram, slot) + usual_[s] * width(), *total = histogram + size() - 4;
  const int weight_at = counts_ ? 2 : 1;
  return total[1] * (1 + 1e-9) - usual[1] >= h && total[weight_at] * (1 + 1e-9) - usual[weight_at] >= weight;
}

}  // namespace grim::tree
