#include "grimoire/vectors/train.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/sample_maker.h"

namespace grim::vectors {
namespace {

constexpr int64_t kWordBatch = 64, kLineBatch = 8;
constexpr int64_t kBlock = 1 << 16;  // words that are thinned out at once
constexpr uint32_t kFirstRows = stream_id("vectors first rows");

TableView view(Table& t) { return {t.row(0), t.stride(), t.rows()}; }

// Uniform on (-1/dim, 1/dim), a row a place of the stream.
void draw_rows(Table& table, int64_t first, int64_t last, int64_t seed) {
  constexpr int64_t kGrain = 1024;
  const float width = 1.0f / static_cast<float>(table.dim());
  device::parallel_for(last - first, kGrain, [&](int64_t from, int64_t to) {
    for (int64_t r = first + from; r < first + to; ++r)
      for (int64_t i = 0; i < table.dim(); i += 4) {
        const std::array<uint32_t, 4> words =
            philox4x32(static_cast<uint64_t>(seed), kFirstRows, 0, static_cast<uint64_t>(r) << 24 | static_cast<uint64_t>(i / 4));
        for (int64_t k = i; k < std::min(i + 4, table.dim()); ++k) table.row(r)[k] = (2 * unit_float(words[static_cast<size_t>(k - i)]) - 1) * width;
      }
  });
}

class Training {
 public:
  Training(const TrainingSettings& settings, const Dictionary& dictionary, const TrainingText& text, int64_t words, Table& input, Table& output,
           const ProgressSink& sink)
      : s_(settings), text_(text), maker_(settings, dictionary, text), input_(view(input)), output_(view(output)), sink_(sink), words_in_all_(words) {}

  Trained run() {
    for (int64_t epoch = 0; epoch * tokens() < words_in_all_ && last_.ended; ++epoch) s_.kind == Kind::supervised ? lines(epoch) : words(epoch);
    if (last_.ended) tell(1);
    return last_;
  }

 private:
  int64_t group_size() const { return (s_.kind == Kind::supervised ? kLineBatch : kWordBatch) / kGroups; }

  void lines(int64_t epoch) {
    const int64_t n = text_.lines();
    for (int64_t from = 0; from < n && last_.ended; from += kLineBatch) {
      batch(epoch * tokens() + text_.line_begins[static_cast<size_t>(from)], [&](int64_t group, Samples& into) {
        const int64_t begin = from + group * group_size();
        for (int64_t l = begin; l < std::min(begin + group_size(), n); ++l) maker_.add_line(epoch, l, into);
      });
    }
  }

  void words(int64_t epoch) {
    for (int64_t line = 0; line < text_.lines() && last_.ended;) {
      const Thinned thinned = next_block(epoch, line);
      const auto n = static_cast<int64_t>(thinned.words.size());
      for (int64_t from = 0; from < n && last_.ended; from += kWordBatch) {
        const int64_t words_read = epoch * tokens() + thinned.places[static_cast<size_t>(from)];
        if (words_read >= words_in_all_) return;
        batch(words_read, [&](int64_t group, Samples& into) {
          const int64_t begin = from + group * group_size();
          for (int64_t at = begin; at < std::min(begin + group_size(), n); ++at)
            s_.kind == Kind::cbow ? maker_.add_cbow(epoch, thinned, at, into) : maker_.add_skipgram(epoch, thinned, at, into);
        });
      }
    }
  }

  // The words of the next lines, about kBlock before they are thinned out; `line` moves behind them.
  Thinned next_block(int64_t epoch, int64_t& line) {
    constexpr int64_t kPart = kBlock / 16;
    std::vector<int64_t> cuts = {line};
    const int64_t begin = text_.line_begins[static_cast<size_t>(line)];
    while (line < text_.lines() && text_.line_begins[static_cast<size_t>(line)] < begin + kBlock) {
      const int64_t part = text_.line_begins[static_cast<size_t>(line)];
      while (line < text_.lines() && text_.line_begins[static_cast<size_t>(line)] < part + kPart) ++line;
      cuts.push_back(line);
    }
    std::vector<Thinned> parts(cuts.size() - 1);
    device::for_chunks(static_cast<int64_t>(parts.size()), [&](int64_t p) {
      const auto i = static_cast<size_t>(p);
      maker_.thin_out(epoch, cuts[i], cuts[i + 1], parts[i]);
    });
    Thinned all;
    for (const Thinned& p : parts) {
      all.words.insert(all.words.end(), p.words.begin(), p.words.end());
      all.places.insert(all.places.end(), p.places.begin(), p.places.end());
      all.lines.insert(all.lines.end(), p.lines.begin(), p.lines.end());
    }
    return all;
  }

  template <class Make> void batch(int64_t words_read, Make&& make) {
    const double share = static_cast<double>(words_read) / static_cast<double>(words_in_all_);
    const auto lr = static_cast<float>(s_.lr * (1 - share));
    const bool softmax = s_.loss == Loss::softmax;
    const int64_t stride = input_.stride, parts = softmax ? 1 : kShards;
    device::for_chunks(kGroups, [&](int64_t g) {
      Samples& s = groups_[static_cast<size_t>(g)];
      clear(s);
      make(g, s);
      const auto numbers = static_cast<size_t>(s.count * stride);
      s.hidden.resize(std::max(s.hidden.size(), numbers));
      s.gradient.resize(std::max(s.gradient.size(), numbers));
      s.partial.resize(std::max(s.partial.size(), numbers * static_cast<size_t>(parts)));
      cpu::average_inputs(input_, s);
    });
    if (softmax) cpu::softmax_targets(output_, groups_.data(), kGroups, lr, losses_[0]);
    else
      device::for_chunks(kShards,
                         [&](int64_t shard) { cpu::logistic_choices(output_, groups_.data(), kGroups, shard, lr, losses_[static_cast<size_t>(shard)]); });
    device::for_chunks(kGroups, [&](int64_t g) {
      cpu::sum_partials(groups_[static_cast<size_t>(g)], stride, parts, s_.kind == Kind::supervised ? InputStep::divided : InputStep::whole);
    });
    device::for_chunks(kShards, [&](int64_t shard) { cpu::move_inputs(input_, groups_.data(), kGroups, shard); });
    check_numbers();
    last_.last.words = words_read;
    last_.last.lr = static_cast<double>(lr);
    constexpr double kTold = 100;
    if (std::floor(share * kTold) > std::floor(last_.last.share * kTold)) tell(share);
  }

  static void clear(Samples& s) {
    s.count = 0;
    s.inputs.clear();
    s.choices.clear();
    s.targets.clear();
    s.input_begins.assign(1, 0);
    s.choice_begins.assign(1, 0);
  }

  void check_numbers() const {
    for (const Samples& s : groups_)
      if (s.count > 0 && !std::isfinite(s.gradient[0]))
        throw Error(ErrorKind::numeric, "[vectors] the numbers have grown beyond all bounds", "take smaller steps: " GRIM_SETTING("lr"));
  }

  void tell(double share) {
    LossSum sum;
    for (LossSum& l : losses_) {
      sum.sum += l.sum;
      sum.count += l.count;
      l = {};
    }
    last_.last.share = share;
    if (share == 1) last_.last.words = words_in_all_;
    if (sum.count > 0) last_.last.loss = sum.sum / static_cast<double>(sum.count);
    last_.last.seconds = monotonic_seconds() - begun_;
    if (sink_ && sink_(last_.last) == GoOn::no && share < 1) last_.ended = false;
  }

  int64_t tokens() const { return static_cast<int64_t>(text_.tokens.size()); }

  const TrainingSettings& s_;
  const TrainingText& text_;
  SampleMaker maker_;
  TableView input_, output_;
  const ProgressSink& sink_;
  std::array<Samples, kGroups> groups_;
  std::array<LossSum, kShards> losses_{};
  int64_t words_in_all_;
  double begun_ = monotonic_seconds();
  Trained last_;
};

// What an epoch of a text is long. whole: with the words that are too rare for the vocabulary.
enum class EpochLength : uint8_t { known_words, whole };

Trained finish(const TrainingSettings& settings, Dictionary dictionary, Table input, Table output, std::string_view text, EpochLength length,
               std::string_view source, const ProgressSink& progress) {
  const TrainingText read = TrainingText::of(text, dictionary, settings.kind);
  GRIM_CHECK(!read.tokens.empty(), input, "vectors", "{}: none of its words is in the vocabulary", source);
  const int64_t words = length == EpochLength::whole ? dictionary.tokens() : static_cast<int64_t>(read.tokens.size());
  Trained trained = Training(settings, dictionary, read, words * settings.epochs, input, output, progress).run();
  trained.model = std::make_shared<SubwordModel>(settings, std::move(dictionary), std::move(input), std::move(output));
  return trained;
}

// Tables share their numbers when they are copied.
Table copy_of(const Table& from) {
  Table to(from.rows(), from.dim());
  std::copy_n(from.row(0), from.rows() * from.stride(), to.row(0));
  return to;
}

int64_t output_rows(const Dictionary& d, Kind kind) { return kind == Kind::supervised ? d.labels() : d.words(); }

}  // namespace

Trained train(std::string_view text, TrainingSettings settings, std::string_view source, const ProgressSink& progress) {
  settings.check();
  if (!settings.has_ngrams()) settings.bucket = 0;
  Dictionary dictionary = Dictionary::of_text(text, settings, source);
  Table input(dictionary.words() + settings.bucket, settings.dim), output(output_rows(dictionary, settings.kind), settings.dim);
  draw_rows(input, 0, input.rows(), settings.seed);
  const EpochLength length = settings.kind == Kind::supervised ? EpochLength::known_words : EpochLength::whole;
  return finish(settings, std::move(dictionary), std::move(input), std::move(output), text, length, source, progress);
}

Trained train_on(const SubwordModel& model, std::string_view text, TrainingSettings given, Vocabulary vocabulary, std::string_view source,
                 const ProgressSink& progress) {
  GRIM_CHECK(!model.input().is_quantised() && !model.output().is_quantised() && !model.dictionary().cut_down(), argument, "vectors",
             "a quantised model cannot learn any more: go on from the one that it was made of");
  TrainingSettings s = model.settings();
  s.epochs = given.epochs;
  s.lr = given.lr;
  s.window = given.window;
  s.negatives = given.negatives;
  s.min_count = given.min_count;
  s.min_count_label = given.min_count_label;
  s.sampling = given.sampling;
  s.seed = given.seed;
  s.check();
  const Dictionary& before = model.dictionary();
  Dictionary dictionary = vocabulary == Vocabulary::kept ? before : before.extended(text, s);
  GRIM_CHECK(vocabulary == Vocabulary::kept || s.loss != Loss::hierarchical_softmax, argument, "vectors",
             "the tree of a hierarchical softmax has a place for each word that it was made for: new ones need " GRIM_SETTING("vocabulary=kept"));
  // Words first, those known where they were; then the n-grams, behind all of them.
  const int64_t ngrams = model.input().rows() - before.words(), fresh = dictionary.words() - before.words();
  Table input(dictionary.words() + ngrams, s.dim), output(output_rows(dictionary, s.kind), s.dim);
  const auto copy = [](const Table& from, int64_t first, int64_t last, Table& to, int64_t at) {
    for (int64_t r = first; r < last; ++r) std::copy_n(from.row(r), from.dim(), to.row(at + r - first));
  };
  copy(model.input(), 0, before.words(), input, 0);
  draw_rows(input, before.words(), dictionary.words(), s.seed);
  copy(model.input(), before.words(), model.input().rows(), input, before.words() + fresh);
  copy(model.output(), 0, model.output().rows(), output, 0);
  return finish(s, std::move(dictionary), std::move(input), std::move(output), text, EpochLength::known_words, source, progress);
}

Trained retrained(const SubwordModel& model, std::string_view text, int64_t epochs, double lr, std::string_view source, const ProgressSink& progress) {
  TrainingSettings s = model.settings();
  s.epochs = epochs;
  s.lr = lr;
  s.check();
  return finish(s, model.dictionary(), copy_of(model.input()), copy_of(model.output()), text, EpochLength::known_words, source, progress);
}

}  // namespace grim::vectors
