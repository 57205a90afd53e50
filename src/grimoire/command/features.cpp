#include <algorithm>
#include <cctype>
#include <cmath>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/data/text_table.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/io/npy.h"
#include "grimoire/model/text_features.h"
#include "grimoire/nn/layer_numbers.h"
#include "grimoire/report/layout.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/label_scores.h"

namespace grim {
namespace {

const std::vector<std::string> kPools = {"cls", "mean", "max", "last", "none"};  // in the order of Pool

struct FeatureFlags {
  std::string layers = "-1", text_column, pair_column, dtype = "f32";
  Pool pool = Pool::mean;
  int64_t max_length = 0, threads = 0;

  Options options() {
    return {{.name = "layers", .help = "which: 0 are the embeddings, -1 is the last; -4..-1, 0,6 or all", .target = &layers, .basic = true},
            {.name = "pool", .help = "how the vectors of its tokens become one of a text", .target = by_choice(&pool), .choices = kPools, .basic = true},
            {.name = "text-column", .help = "column of the texts, by name or number from 0; else it is found", .target = &text_column},
            {.name = "pair-column", .help = "column of the texts beside them", .target = &pair_column},
            {.name = "max-length", .help = "tokens read of a text; 0: as many as the model reads", .target = &max_length, .low = 0},
            {.name = "dtype", .help = "the model's weights: f32, or rounded to bf16", .target = &dtype, .choices = {"f32", "bf16"}},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads, .low = 0, .high = 256}};
  }
  EncodedTexts encode(const TrainedEncoder& trained, const LabelledTexts& texts, Console& console) const {
    const EncodedTexts encoded(*trained.tokenizer, texts.texts, texts.pairs, {.most = most(trained)}, texts.places);
    if (encoded.longer() > 0) console.say(str("of {} of {} texts only the first {} tokens are read", encoded.longer(), encoded.texts(), most(trained)));
    return encoded;
  }
  int64_t most(const TrainedEncoder& trained) const {
    return max_length > 0 ? std::min(max_length, trained.model->context()) : trained.model->context();
  }
};

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
    const TrainedEncoder trained = load_encoder(model_at(model_), dtype_named(flags_.dtype));
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

// A learner on frozen features, layer by layer.
class ProbeCommand final : public Command {
 public:
  std::string name() const override { return "probe"; }
  std::string summary() const override { return "see what the layers of a model know: a learner on each"; }
  std::vector<std::string> examples() const override {
    return {"grimoire probe minilm --data train.tsv --dev dev.tsv", "grimoire probe bert-tiny --data reviews.csv --learner knn --pool cls"};
  }
  std::vector<Positional> positionals() override { return {{"model", "a folder of BERT's kind, a run folder, or the name of a published model", &model_}}; }
  Options options() override {
    flags_.layers = "all";
    Options all = {{.name = "data", .help = "labelled texts: CSV, TSV or JSON Lines", .target = &data_, .basic = true, .required = true},
                   {.name = "dev", .help = "labelled texts that judge; else every fifth of the data", .target = &dev_, .basic = true},
                   {.name = "label-column", .help = "column of the labels", .target = &label_column_, .basic = true},
                   {.name = "learner", .help = "what learns: a classifier of 'grimoire fit'", .target = &learner_, .basic = true},
                   {.name = "param", .help = "a parameter of it, NAME=VALUE; may be given again and again", .target = &params_}};
    const Options more = flags_.options();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  int run(Console& console) override {
    const device::ThreadCap cap(flags_.threads);
    const std::unique_ptr<Estimator> learner = make_estimator(learner_);
    set_params(*learner, params_);
    if (!learner->classifies()) refuse(*this, str("--learner {}: it tells no classes apart", learner_), "take logistic, linear_svm or knn");
    if (flags_.pool == Pool::none) refuse(*this, "--pool none: a text has one label, and would have many vectors", "take mean, cls, max or last");
    const TrainedEncoder trained = load_encoder(model_at(model_), dtype_named(flags_.dtype));
    const LabelledColumns columns{flags_.text_column, flags_.pair_column, label_column_};
    const auto read = [&](const std::string& path) { return labelled_texts(read_text_table(path, {columns.text, columns.pair, columns.label}), columns); };
    const LabelledTexts texts = read(data_);
    console.say(texts.reading);
    const Labels set = labels_in(texts, LabelKind::one);
    const std::vector<int64_t> layers = layers_in(flags_.layers, layers_of(*trained.model));
    Part train = part_of(trained, texts, set, layers, console), judged;
    if (dev_.empty()) cut(train, judged);
    else judged = part_of(trained, read(dev_), set, layers, console);
    report::Table table{{"layer", "accuracy", "from", "to", "seconds"}, {}};
    Json rows = Json::array();
    for (size_t i = 0; i < layers.size(); ++i) {
      const double begin = monotonic_seconds();
      std::vector<std::unique_ptr<Estimator>> steps;
      steps.push_back(make_estimator("scaler"));
      steps.push_back(learner->clone());
      Pipeline pipeline(std::move(steps));
      pipeline.fit({.x = Features(train.features[i]), .y = train.y, .weight = {}, .classes = set.names});
      const std::vector<double> said = pipeline.predict(Features(judged.features[i]));
      double right = 0;
      for (size_t r = 0; r < said.size(); ++r) right += said[r] == judged.y[r];
      const double n = static_cast<double>(said.size()), accuracy = right / n, seconds = monotonic_seconds() - begin;
      const auto known = stats::proportion_interval(right, n);
      const std::string layer = layers[i] == 0 ? "0, embeddings" : std::to_string(layers[i]);
      table.rows.push_back({layer, report::number(accuracy, "{:.4f}"), report::number(known.low, "{:.4f}"), report::number(known.high, "{:.4f}"),
                            report::number(seconds, "{:.1f}")});
      rows.push(Json::object({{"layer", layers[i]}, {"accuracy", accuracy}, {"interval", Json::array({known.low, known.high})}, {"seconds", seconds}}));
    }
    show(console, {"", {table, report::Figure{"seconds for the features", report::number(seconds_, "{:.1f}")},
                        report::Remark{str("{} on frozen {} vectors; {} texts learned from, {} judged, 95 % intervals", learner_,
                                           kPools[static_cast<size_t>(flags_.pool)], train.y.size(), judged.y.size())}}},
         Json::object({{"layers", rows}, {"learner", learner_}, {"feature_seconds", seconds_}}));
    return 0;
  }

 private:
  struct Part {
    std::vector<Tensor> features;  // of each layer (texts, C)
    std::vector<double> y;
  };
  Part part_of(const TrainedEncoder& trained, const LabelledTexts& texts, const Labels& set, const std::vector<int64_t>& layers, Console& console) {
    const Tensor targets = label_targets(texts, set);
    const double begin = monotonic_seconds();
    Part part{text_features(*trained.model, flags_.encode(trained, texts, console), layers, flags_.pool).layers, {}};
    seconds_ += monotonic_seconds() - begin;
    const int64_t K = targets.dim(1);
    for (int64_t t = 0; t < targets.dim(0); ++t) {
      const double* const row = targets.data<double>() + t * K;
      part.y.push_back(static_cast<double>(std::max_element(row, row + K) - row));
    }
    return part;
  }
  // Every fifth text judges.
  static void cut(Part& train, Part& judged) {
    const Part all = std::exchange(train, {});
    std::vector<int64_t> kept, held;
    for (int64_t t = 0; t < std::ssize(all.y); ++t) (t % 5 == 4 ? held : kept).push_back(t);
    const auto take = [&](Part& part, const std::vector<int64_t>& rows) {
      for (const Tensor& x : all.features) part.features.push_back(Features(x).pick_rows(rows).to_tensor(Dtype::f32));
      for (const int64_t r : rows) part.y.push_back(all.y[static_cast<size_t>(r)]);
    };
    take(train, kept), take(judged, held);
  }

  FeatureFlags flags_;
  std::string model_, data_, dev_, label_column_, learner_ = "logistic";
  std::vector<std::string> params_;
  double seconds_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_features_command() { return std::make_unique<FeaturesCommand>(); }
std::unique_ptr<Command> make_probe_command() { return std::make_unique<ProbeCommand>(); }

}  // namespace grim
