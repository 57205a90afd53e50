#include "grimoire/command/vectors_train.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/device/threads.h"
#include "grimoire/text/unicode.h"
#include "grimoire/vectors/vector_files.h"

namespace grim {
namespace {

using report::counted;

vectors::ProgressSink telling(Console& console) {
  return [&console](const vectors::TrainingProgress& p) {
    const double left = p.share > 0 ? p.seconds / p.share - p.seconds : 0;
    console.live(str("{:.0f} %  loss {:.4f}  lr {:.4f}  {} words/s  {:.0f} s left", 100 * p.share, p.loss, p.lr,
                     with_commas(static_cast<int64_t>(static_cast<double>(p.words) / std::max(p.seconds, 1e-9))), left));
    return console.stop_requested() ? vectors::GoOn::no : vectors::GoOn::yes;
  };
}

std::string text_of(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text += read_file(path);
  }
  return text;
}

bool has_letters_alone(std::string_view word) {
  for (size_t at = 0; at < word.size();) {
    const PointClass c = class_of(next_code_point(word, at));
    if (!c.letter() || c.category() == Category::Lu) return false;
  }
  return true;
}

// One to ask for the neighbours of: neither among the commonest, which stand beside everything, nor rare; no name and without punctuation. nullptr: none.
const std::string* word_to_try(const vectors::Dictionary& d) {
  constexpr int64_t kCommon = 20;  // a share of the words: 1 / 20
  constexpr size_t kLongEnough = 4;
  for (int64_t w = d.words() / kCommon; w < d.words(); ++w)
    if (d.word(w).size() >= kLongEnough && has_letters_alone(d.word(w))) return &d.word(w);
  return nullptr;
}

}  // namespace

Options VectorsTraining::options() {
  return joined({{{.name = "data",
                   .help = "text files; supervised: a line an example, its labels in it as __label__NAME",
                   .target = &data_,
                   .basic = true,
                   .required = true},
                  {.name = "out",
                   .help = "the file to write: .vec for the words' vectors as text, else fastText's .bin",
                   .target = &out_,
                   .basic = true,
                   .required = true},
                  {.name = "from", .help = "go on from this model", .target = &from_, .basic = true},
                  {.name = "vocabulary",
                   .help = "new words get vectors too, or not",
                   .target = by_choice(&vocabulary_),
                   .choices = {"extended", "kept"},
                   .with = "from"},
                  {.name = "threads", .help = "threads; 0 takes every core. The result is the same", .target = &threads_, .low = 0, .high = 256}},
                 settings_.options()});
}

void VectorsTraining::take_kind(const Settings& given) {
  for (const Setting& s : given)
    if (s.name == "kind") {
      find(settings_.options(), "kind")->set(s.value);
      settings_ = vectors::TrainingSettings::defaults(settings_.kind);
    }
}

int VectorsTraining::run(Console& console) {
  const device::ThreadCap cap(threads_);
  const std::string text = text_of(data_), source = data_.size() == 1 ? data_.front() : str("{} files", data_.size());
  console.save_first(true);
  const vectors::Trained t = from_.empty() ? vectors::train(text, settings_, source, telling(console))
                                           : vectors::train_on(vectors::SubwordModel::load(from_), text, settings_, vocabulary_, source, telling(console));
  const bool as_text = out_.ends_with(".vec");
  if (as_text) vectors::save_vectors(vectors::WordVectors(t.model), out_, vectors::VectorFormat::text);
  else t.model->save(out_);
  console.save_first(false);
  const vectors::Dictionary& d = t.model->dictionary();
  const double rate = static_cast<double>(t.last.words) / std::max(t.last.seconds, 1e-9);
  report::Report page{out_,
                      {report::Facts{{{"words", counted(d.words())},
                                      {"labels", counted(d.labels())},
                                      {"words of the text", counted(d.tokens())},
                                      {"loss at the end", report::number(t.last.loss, "{:.4f}")},
                                      {"seconds of training", report::number(t.last.seconds, "{:.1f}")},
                                      {"words a second", counted(static_cast<int64_t>(rate))}}}}};
  if (!t.ended)
    page.blocks.push_back(report::Remark{
        str("stopped at {:.0f} %: what was learned until then is saved; --from {} goes on from it", 100 * t.last.share, out_), report::Tone::warning});
  const bool classifies = t.model->classifies();
  const std::string* const word = word_to_try(d);
  if (classifies && !as_text) page.blocks.push_back(report::Commands{{str("grimoire vectors test {} HELD_OUT.txt", out_)}});
  else if (word) page.blocks.push_back(report::Commands{{str("grimoire vectors nn {} {}", out_, *word)}});
  show(console, page,
       Json::object({{"out", out_}, {"words", d.words()}, {"labels", d.labels()}, {"tokens", d.tokens()}, {"loss", t.last.loss}, {"seconds", t.last.seconds},
                     {"words_per_second", rate}, {"ended", t.ended}}));
  return 0;
}

Options VectorsQuantising::options() {
  return {{.name = "dsub", .help = "numbers that become one byte", .target = &settings_.part, .low = 1, .high = 1 << 16, .basic = true},
          {.name = "cutoff",
           .help = "rows of the input table that stay, the longest ones; 0: all",
           .target = &settings_.cutoff,
           .low = 0,
           .high = 1e12,
           .basic = true},
          {.name = "qnorm", .help = "lengths of rows have bytes of their own", .target = &lengths_apart_, .basic = true},
          {.name = "qout", .help = "the output table becomes bytes too", .target = &settings_.output, .basic = true},
          {.name = "retrain", .help = "a text, to train what is left after the cut once more", .target = &again_, .basic = true, .with = "cutoff"},
          {.name = "epochs", .help = "times through it", .target = &epochs_, .low = 1, .high = 1e6, .with = "retrain"},
          {.name = "lr", .help = "step size at the start", .target = &lr_, .low = 1e-300, .high = 1e3, .with = "retrain"},
          {.name = "seed", .help = "of all random numbers", .target = &seed_, .low = 0},
          {.name = "threads", .help = "threads; 0 takes every core. The result is the same", .target = &threads_, .low = 0, .high = 256}};
}

int VectorsQuantising::run(Console& console, const std::string& path, const std::string& out) const {
  const device::ThreadCap cap(threads_);
  const vectors::SubwordModel model = vectors::SubwordModel::load(path);
  vectors::QuantiseSettings s = settings_;
  s.lengths = lengths_apart_ ? vectors::Table::Lengths::apart : vectors::Table::Lengths::inside;
  s.seed = static_cast<uint64_t>(seed_);
  const std::string text = again_.empty() ? "" : read_file(again_);
  console.live("finding centroids");
  const vectors::SubwordModel small =
      vectors::quantise(model, s, again_.empty() ? std::nullopt : std::optional(vectors::Retraining{text, again_, epochs_, lr_}), telling(console));
  small.save(out);
  const auto bytes = [](const vectors::SubwordModel& m) { return static_cast<double>(m.input().bytes() + m.output().bytes()) / (1 << 20); };
  show(console,
       report::Report{out,
                      {report::Facts{{{"tables before", report::number(bytes(model), "{:.2f} MiB")},
                                      {"tables now", report::number(bytes(small), "{:.2f} MiB")},
                                      {"words", counted(small.dictionary().words())},
                                      {"rows for n-grams", counted(small.input().rows() - small.dictionary().words())}}}}},
       Json::object(
           {{"out", out}, {"bytes", small.input().bytes() + small.output().bytes()}, {"words", small.dictionary().words()}, {"rows", small.input().rows()}}));
  return 0;
}

}  // namespace grim
