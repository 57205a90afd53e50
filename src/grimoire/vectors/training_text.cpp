#include "grimoire/vectors/training_text.h"

#include <algorithm>

#include "grimoire/device/threads.h"
#include "grimoire/vectors/subwords.h"

namespace grim::vectors {
namespace {

constexpr size_t kPart = 1 << 18;          // bytes
constexpr int64_t kLongestLine = 1024;  // as in fastText

TrainingText read_part(std::string_view text, const Dictionary& d, bool classifier) {
  TrainingText t;
  const auto end_line = [&] {
    const auto tokens = static_cast<int64_t>(t.tokens.size()), labels = static_cast<int64_t>(t.labels.size());
    if (tokens == t.line_begins.back() && labels == t.label_begins.back()) return;
    t.line_begins.push_back(tokens);
    t.label_begins.push_back(labels);
  };
  each_token(text, [&](std::string_view token) {
    const int64_t id = d.find(token);
    if (id >= d.words()) {
      if (classifier) t.labels.push_back(static_cast<int32_t>(id - d.words()));
    } else if (id >= 0) {
      t.tokens.push_back(static_cast<int32_t>(id));
    } else if (classifier && !d.is_label(token)) {
      Stranger s{word_hash(token), {}};
      if (token != kEndOfLine) d.add_ngrams_of_letters(token, s.rows);
      t.strangers.push_back(std::move(s));
      t.tokens.push_back(-static_cast<int32_t>(t.strangers.size()));
    }
    if (token == kEndOfLine || (!classifier && static_cast<int64_t>(t.tokens.size()) - t.line_begins.back() >= kLongestLine)) end_line();
  });
  end_line();
  return t;
}

}  // namespace

TrainingText TrainingText::of(std::string_view text, const Dictionary& d, Kind kind) {
  std::vector<std::string_view> cut;
  while (!text.empty()) {
    const size_t end = text.size() <= kPart ? std::string_view::npos : text.find('\n', kPart);
    cut.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
    text.remove_prefix(cut.back().size());
  }
  std::vector<TrainingText> parts(cut.size());
  device::for_chunks(static_cast<int64_t>(cut.size()),
                     [&](int64_t i) { parts[static_cast<size_t>(i)] = read_part(cut[static_cast<size_t>(i)], d, kind == Kind::supervised); });
  TrainingText all;
  for (TrainingText& p : parts) {
    const auto tokens = static_cast<int64_t>(all.tokens.size()), labels = static_cast<int64_t>(all.labels.size());
    const auto strangers = static_cast<int32_t>(all.strangers.size());
    for (const int32_t t : p.tokens) all.tokens.push_back(t >= 0 ? t : t - strangers);
    all.labels.insert(all.labels.end(), p.labels.begin(), p.labels.end());
    for (size_t l = 1; l < p.line_begins.size(); ++l) {
      all.line_begins.push_back(tokens + p.line_begins[l]);
      all.label_begins.push_back(labels + p.label_begins[l]);
    }
    std::ranges::move(p.strangers, std::back_inserter(all.strangers));
    p = {};
  }
  return all;
}

}  // namespace grim::vectors
