#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/vectors_pages.h"
#include "grimoire/command/vectors_train.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/evaluate.h"
#include "grimoire/vectors/vector_files.h"

namespace grim {
namespace {

using vectors::SubwordModel;
using vectors::WordVectors;

constexpr const char *kAnyFile = "a file of word vectors: fastText's .bin, .ftz or .vec, word2vec's .bin, GloVe's text",
                     *kClassifier = "a model of fastText that was trained with labels";

class VectorsCommand final : public Command {
 public:
  std::string name() const override { return "vectors"; }
  std::string summary() const override { return "word vectors and text classifiers as fastText's: train, look into, apply, shrink"; }
  std::vector<std::string> examples() const override {
    return {"grimoire vectors train --data books.txt --out vectors.bin",
            "grimoire vectors train --kind supervised --data reviews.txt --word-ngrams 2 --out reviews.bin",
            "grimoire vectors nn vectors.bin night",
            "grimoire vectors analogy vectors.bin man king woman",
            "grimoire vectors analogy vectors.bin --questions questions-words.txt",
            "grimoire vectors similarity vectors.bin night evening",
            "grimoire vectors similarity vectors.bin --pairs EN-WS-353-ALL.txt",
            "grimoire vectors show vectors.bin unfriendable",
            "grimoire vectors predict reviews.ftz new.txt --number 3",
            "grimoire vectors test reviews.ftz labelled.txt",
            "grimoire vectors quantize reviews.bin reviews.ftz --qnorm --cutoff 50000 --retrain reviews.txt",
            "grimoire vectors convert vectors.bin vectors.vec"};
  }
  std::vector<Positional> positionals() override {
    const Positional action = {"action", "train, nn, analogy, similarity, show, predict, test, quantize or convert", &action_},
                     model = {"model", kAnyFile, &model_};
    if (form() == "train") return {action};
    if (form() == "nn") return {action, model, {"word", "whose neighbours are shown", &first_}};
    if (form() == "analogy")
      return {action, model, {"a", "this word", &first_, false}, {"b", "is to this one", &second_, false}, {"c", "as this one to which?", &third_, false}};
    if (form() == "similarity") return {action, model, {"word", "a word", &first_, false}, {"other", "and another", &second_, false}};
    if (form() == "show") return {action, model, {"word", "whose vector is shown; without it, what the file holds", &first_, false}};
    if (form() == "predict" || form() == "test")
      return {action,
              {"model", kClassifier, &model_},
              {"file", form() == "test" ? "lines with their labels; - for standard input" : "a text a line; - for standard input", &first_}};
    if (form() == "quantize") return {action, {"model", "a model of fastText, not quantised", &model_}, {"out", "the file that is written", &first_}};
    if (form() == "convert") return {action, model, {"out", "the file that is written", &first_}};
    return {action,
            {model.name, model.help, &model_, false},
            {"word", "a word, or a file", &first_, false},
            {"second", "another word", &second_, false},
            {"third", "and a third", &third_, false}};
  }
  Forms forms() const override {
    return {.by = "action",
            .all = {{"train", "learn vectors of words, or of labelled lines, from text files"},
                    {"nn", "the words nearest to a word"},
                    {"analogy", "a is to b as c is to what? or a file of such questions"},
                    {"similarity", "of two words, or of a file of pairs beside what people say"},
                    {"show", "what a file holds, or the vector of a word or a line"},
                    {"predict", "the labels of each line of a file"},
                    {"test", "how many labels of a file are found"},
                    {"quantize", "a model in a fraction of the bytes"},
                    {"convert", "write the words' vectors in another format"}}};
  }
  Options options() override {
    const Option number = {.name = "number", .help = "at most so many answers", .target = &number_, .low = 1, .high = 1e6, .basic = true};
    const Option threads = {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256};
    const Option labels = {.name = "number", .help = "at most so many labels a line", .target = &labels_, .low = 1, .high = 1e6, .basic = true};
    const Option threshold = {
        .name = "threshold", .help = "labels of a lower probability are left out", .target = &threshold_, .low = 0, .high = 1, .basic = true};
    if (form() == "train") return training_.options();
    if (form() == "quantize") return quantising_.options();
    if (form() == "nn") return {number, threads};
    if (form() == "analogy")
      return {number,
              threads,
              {.name = "questions", .help = "a file of questions: ': section' lines, then four words a line", .target = &questions_, .basic = true},
              {.name = "most-frequent",
               .help = "only the first so many words are searched",
               .target = &most_frequent_,
               .low = 1,
               .high = 1e12,
               .with = "questions"}};
    if (form() == "similarity") return {threads, {.name = "pairs", .help = "a file: two words and a number in each line", .target = &pairs_, .basic = true}};
    if (form() == "predict") return {labels, threshold, threads};
    if (form() == "test") return {labels, threshold, threads, {.name = "each", .help = "every label by itself", .target = &each_, .basic = true}};
    if (form() == "convert")
      return {{.name = "to",
               .help = "the format that is written",
               .target = by_choice(&to_),
               .choices = {std::begin(vectors::kVectorFormats), std::end(vectors::kVectorFormats)},
               .basic = true}};
    return {};
  }
  void set(const Settings& given) override {
    if (form() == "train") training_.take_kind(given);
    Command::set(given);
    if (form() == "analogy" && (questions_.empty() == third_.empty() || (!questions_.empty() && !first_.empty())))
      refuse(*this, "it takes three words, or --questions with a file", see_help(*this));
    if (form() == "similarity" && (pairs_.empty() == second_.empty() || (!pairs_.empty() && !first_.empty())))
      refuse(*this, "it takes two words, or --pairs with a file", see_help(*this));
  }

  int run(Console& console) override {
    if (form() == "train") return training_.run(console);
    if (form() == "quantize") return quantising_.run(console, model_, first_);
    const device::ThreadCap cap(threads_);
    if (form() == "predict" || form() == "test") return classify(console);
    const WordVectors v = vectors::open_vectors(model_);
    if (form() == "nn") show(console, neighbours_page(first_, v, v.nearest(first_, number_)), neighbours_json(v, v.nearest(first_, number_)));
    if (form() == "analogy") return analogy(console, v);
    if (form() == "similarity") return similarity(console, v);
    if (form() == "convert") return convert(console, v);
    if (form() == "show") return show_one(console, v);
    return 0;
  }

 private:
  int classify(Console& console) const {
    const SubwordModel model = SubwordModel::load(model_);
    const std::string text = read_file(first_);
    if (form() == "test") {
      const vectors::LabelScores scores = vectors::score_labels(model, text, labels_, threshold_);
      GRIM_CHECK(scores.lines > 0, input, "vectors", "{}: no line has a label and a word that the model knows", first_);
      show(console, scores_page(scores, each_), scores_json(scores));
      return 0;
    }
    int64_t lines = 0;
    for (const std::string_view line : lines_in(text)) {
      console.data(labels_line(model, model.predict(line, labels_, threshold_)));
      ++lines;
    }
    if (console.json()) console.result(Json::object({{"lines", lines}}));
    return 0;
  }

  int analogy(Console& console, const WordVectors& v) const {
    if (questions_.empty()) {
      const std::vector<vectors::Neighbour> best = v.analogy(first_, second_, third_, number_);
      show(console, neighbours_page(str("{} is to {} as {} is to", first_, second_, third_), v, best), neighbours_json(v, best));
      return 0;
    }
    const std::vector<vectors::AnalogyScore> sections = vectors::score_analogies(v, read_file(questions_), questions_, most_frequent_);
    show(console, analogies_page(sections), analogies_json(sections));
    return 0;
  }

  int similarity(Console& console, const WordVectors& v) const {
    if (pairs_.empty()) {
      const double cosine = v.similarity(first_, second_);
      show(console, report::Report{"", {report::Figure{str("cosine of {} and {}", first_, second_), report::number(cosine, "{:.6f}")}}},
           Json::object({{"cosine", cosine}}));
      return 0;
    }
    show_pairs(console, vectors::score_pairs(v, read_file(pairs_), pairs_), pairs_);
    return 0;
  }

  int show_one(Console& console, const WordVectors& v) const {
    if (first_.empty()) {
      show(console, file_page(model_, v), file_json(v));
      return 0;
    }
    const bool line = first_.find(' ') != std::string::npos && v.model() != nullptr;
    const std::vector<float> numbers = line ? v.model()->line_vector(first_) : v.vector_of(first_);
    std::string text = first_;
    for (const float x : numbers) text += str(" {}", x);
    console.data(text + "\n");
    if (console.json()) console.result(Json::object({{"text", first_}, {"vector", Json::array_of(std::vector<double>(numbers.begin(), numbers.end()))}}));
    return 0;
  }

  int convert(Console& console, const WordVectors& v) const {
    if (to_ == vectors::VectorFormat::fasttext) {
      GRIM_CHECK(v.model() != nullptr, argument, "vectors", "{} is no model of fastText: it has no n-grams and no output table", model_);
      v.model()->save(first_);
    } else {
      vectors::save_vectors(v, first_, to_);
    }
    show(console, report::Report{"", {report::Remark{str("{}: {} words of {} numbers", first_, with_commas(v.size()), v.dim()), report::Tone::good}}},
         Json::object({{"out", first_}, {"words", v.size()}, {"dim", v.dim()}}));
    return 0;
  }

  std::string action_, model_, first_, second_, third_, questions_, pairs_;
  int64_t number_ = 10, labels_ = 1, threads_ = 0, most_frequent_ = 300000;
  double threshold_ = 0;
  bool each_ = false;
  VectorsTraining training_;
  VectorsQuantising quantising_;
  vectors::VectorFormat to_ = vectors::VectorFormat::text;
};

}  // namespace

std::unique_ptr<Command> make_vectors_command() { return std::make_unique<VectorsCommand>(); }

}  // namespace grim
