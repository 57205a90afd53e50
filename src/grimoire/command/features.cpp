#include <algorithm>
#include <cctype>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/feature_flags.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/io/npy.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/report/layout.h"

namespace grim {
namespace {

// Where a text has the word, as a word of its own, in whatever case.
std::vector<ByteRange> places_of_word(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto inside = [&](size_t at) {
    const auto c = static_cast<unsigned char>(at < text.size() ? text[at] : ' ');
    return std::isalnum(c) || c > 127;
  };
  std::vector<ByteRange> places;
  for (size_t at = 0; at + word.size() <= text.size(); ++at) {
    const bool same = std::ranges::equal(text.substr(at, word.size()), word, {}, lower, lower);
    const size_t end = at + word.size();
    if (same && !(at > 0 && inside(at - 1)) && !inside(end)) places.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(end)});
  }
  return places;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) ab += double(a[i]) * b[i], aa += double(a[i]) * a[i], bb += double(b[i]) * b[i];
  return ab / std::sqrt(aa * bb);
}

class FeaturesCommand final : public Command {
 public:
  std::string name() const override { return "features"; }
  std::string summary() const override { return "write what a model makes of texts, as vectors for other learners"; }
  std::vector<std::string> examples() const override {
    return {"grimoire features minilm --data reviews.csv --out reviews.npy",
            "grimoire features bert-tiny --data reviews.csv --layers -2..-1 --combine concat --pool cls --out reviews.npy",
            "grimoire features minilm --data texts.txt --word bank --layers 1 --out bank.npy"};
  }
  std::vector<Positional> positionals() override { return {{"model", "a folder of BERT's kind, a run folder, or the name of a published model", &model_}}; }
  Options options() override {
    Options all = {{.name = "data", .help = "texts: CSV, TSV, JSON Lines, or one a line", .target = &data_, .basic = true, .required = true},
                   {.name = "out", .help = "the NPY file: a row a text; of --pool none a row a token, and FILE.texts.npy with the number of each one's text",
                    .target = &out_, .basic = true, .required = true},
                   {.name = "word", .help = "instead of texts, this word wherever it stands: a row each, and how alike they are", .target = &word_,
                    .basic = true, .without = {"pool"}},
                   {.name = "combine", .help = "how several layers become one vector", .target = by_choice(&combine_),
                    .choices = {"last", "sum", "weighted", "concat"}, .basic = true},
                   {.name = "weights", .help = "of the layers: 0.1,0.2,0.7", .target = &weights_, .with = "combine=weighted"}};
    const Options more = flags_.options();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  int run(Console& console) override {
    const device::ThreadCap cap(flags_.threads);
    const TrainedEncoder trained = load_encoder(model_at(model_), flags_.weights);
    const LabelledColumns columns{flags_.text_column, flags_.pair_column, ""};
    const LabelledTexts texts = labelled_texts(read_text_table(data_, {columns.text, columns.pair}), columns, WithLabels::if_there);
    console.say(texts.reading);
    const EncodedTexts encoded = flags_.encode(trained, texts, console);
    const std::vector<int64_t> layers = layers_in(flags_.layers, layers_of(*trained.model));
    std::vector<double> weights;
    if (combine_ == Combine::weighted) weights = weights_of(layers.size());
    const double begin = monotonic_seconds();
    if (!word_.empty()) flags_.pool = Pool::none;
    const TextFeatures features = text_features(*trained.model, encoded, layers, flags_.pool, [&] { return console.stop_requested(); });
    if (features.stopped) return 1;
    const Tensor matrix = combined(features, combine_, weights);
    if (!word_.empty()) return show_word(console, trained, texts, encoded, matrix);
    write_atomically(out_, npy_bytes(matrix));
    if (flags_.pool == Pool::none) write_atomically(out_ + ".texts.npy", npy_bytes(Tensor::from<int64_t>(features.text_of, {std::ssize(features.text_of)})));
    const double seconds = monotonic_seconds() - begin;
    const auto figure = [](const char* name, int64_t n) { return report::Figure{name, static_cast<double>(n)}; };
    show(console, {"", {figure("rows", matrix.dim(0)), figure("columns", matrix.dim(1)),
                        report::Figure{"texts a second", report::number(static_cast<double>(encoded.texts()) / seconds, "{:.0f}")},
                        report::Figure{"file", out_}}},
         Json::object({{"rows", matrix.dim(0)}, {"columns", matrix.dim(1)}, {"layers", Json::array_of(layers)}, {"out", out_}}));
    return 0;
  }

 private:
  std::vector<double> weights_of(size_t layers) {
    std::vector<double> weights;
    for (const std::string_view part : split(weights_, ','))
      try {
        weights.push_back(std::stod(std::string(part)));
      } catch (const std::exception&) {
        refuse(*this, str("--weights: got '{}', expected numbers with commas between them", weights_), "as in 0.1,0.2,0.7");
      }
    if (weights.size() != layers) refuse(*this, str("--weights: got {}, and there are {} layers", weights.size(), layers), "give each layer one");
    return weights;
  }

  // `tokens`: a row a token of all texts, one behind the other. A word is the mean over its pieces.
  int show_word(Console& console, const TrainedEncoder& trained, const LabelledTexts& texts, const EncodedTexts& encoded, const Tensor& tokens) {
    const int64_t C = tokens.dim(1);
    std::vector<std::vector<float>> vectors;
    std::vector<size_t> of;
    int64_t row = 0;
    for (size_t t = 0; t < texts.size(); ++t) {
      EncodeOptions options{.truncation = TokenTruncation{.max_length = flags_.most(trained)}};
      if (!texts.pairs.empty()) options.pair = texts.pairs[t];
      const Encoding encoding = trained.tokenizer->encode_with(texts.texts[t], options);
      for (const ByteRange& place : places_of_word(texts.texts[t], word_)) {
        const std::vector<uint8_t> pieces = tokens_within(encoding, {&place, 1});
        std::vector<float> mean(static_cast<size_t>(C));
        const float count = static_cast<float>(std::ranges::count(pieces, 1));
        if (count == 0) continue;  // behind what is read
        for (size_t i = 0; i < pieces.size(); ++i)
          for (int64_t c = 0; pieces[i] && c < C; ++c) mean[static_cast<size_t>(c)] += tokens.data<float>()[(row + static_cast<int64_t>(i)) * C + c] / count;
        vectors.push_back(std::move(mean)), of.push_back(t);
      }
      row += encoded.tokens(static_cast<int64_t>(t));
    }
    if (vectors.empty()) throw Error(ErrorKind::input, str("{}: the word '{}' stands in none of its {} texts", data_, word_, texts.size()), "look for another");
    const Tensor matrix = Tensor::empty({std::ssize(vectors), C});
    for (size_t i = 0; i < vectors.size(); ++i) std::ranges::copy(vectors[i], matrix.data<float>() + static_cast<int64_t>(i) * C);
    write_atomically(out_, npy_bytes(matrix));
    constexpr size_t kShown = 12;
    const size_t n = std::min(kShown, vectors.size());
    report::Table table{{"", "text"}, {}, str("How alike '{}' is: cosines of its vectors", word_)};
    Json cosines = Json::array();
    for (size_t j = 0; j < n; ++j) table.columns.push_back(std::to_string(j + 1));
    for (size_t i = 0; i < n; ++i) {
      table.rows.push_back({std::to_string(i + 1), report::shortened(texts.texts[of[i]], 36)});
      Json line = Json::array();
      for (size_t j = 0; j < n; ++j) {
        const double alike = cosine(vectors[i], vectors[j]);
        table.rows.back().push_back(report::number(alike, "{:.2f}"));
        line.push(alike);
      }
      cosines.push(line);
    }
    show(console, {"", {table, report::Figure{"places", static_cast<double>(vectors.size())}, report::Figure{"file", out_}}},
         Json::object({{"places", std::ssize(vectors)}, {"cosines", cosines}, {"out", out_}}));
    return 0;
  }

  FeatureFlags flags_;
  Combine combine_ = Combine::last;
  std::string model_, data_, out_, weights_, word_;
};

}  // namespace

std::unique_ptr<Command> make_features_command() { return std::make_unique<FeaturesCommand>(); }

}  // namespace grim
