#include <algorithm>

#include "grimoire/base/files.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/run_console.h"
#include "grimoire/data/corpus.h"
#include "grimoire/generate/generate.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/train/report.h"

namespace grim {
namespace {

constexpr const char* kWords = "/usr/share/dict/words";  // Debian's wamerican

class DemoCommand final : public Command {
 public:
  std::string name() const override { return "demo"; }
  std::string summary() const override { return "train a small model on English words, and read the words it makes up"; }
  std::vector<std::string> examples() const override { return {"grimoire demo", "grimoire demo --data names.txt --out runs/names"}; }
  Options options() override {
    return {{.name = "data", .help = "a list of words, one a line", .target = &data_, .basic = true},
            {.name = "out", .help = "folder for the run; an earlier demo there is replaced", .target = &out_, .basic = true},
            {.name = "seed", .help = "seed of every random number", .target = &seed_, .low = 0, .basic = true},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    if (!exists(data_)) throw Error(ErrorKind::input, str("there is no {}", data_), "install Debian's wamerican, or give a list of words with --data");
    console.say(str("Grimoire demo: a WaveNet-like network reads {} and learns to spell.", data_));
    const std::string list = prepare();
    RunConfig config = default_run("wavenet", CorpusFormat::lines);
    config.data = list;
    config.out = out_;
    config.steps = 60000;
    config.set("context", 16);
    config.seed = seed_;
    config.threads = threads_;
    ConsoleEvents events(console, options(), config.task_settings().words());
    const RunResult result = train(config, events);
    if (result.ending == Ending::stopped) return show_result(console, result);
    console.save_first(false);
    tell(console, {"", {report::Heading{"new words, none of them in the list"}, new_words(load_corpus(list, CorpusFormat::lines).items)}});
    return show_result(console, result);
  }

 private:
  // The plain words of the list: lower case, no possessives and names, so that what is learned is spelling.
  std::string prepare() {
    const std::string path = join_path(out_, "words.txt");
    if (files().kind(out_) == FileKind::folder && !files().list(out_).empty() && !holds_demo(path))
      throw Error(ErrorKind::usage, str("--out: '{}' holds something else than a demo", out_), "choose a folder that is empty or new");
    std::string kept;
    for (const std::string& word : load_corpus(data_, CorpusFormat::lines).items)
      if (word.size() < 24 && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos) kept += word + "\n";
    remove_all(out_);
    files().make_dirs(out_);
    write_atomically(path, kept);
    return path;
  }

  // Nothing but its list of words, or a run on that list.
  bool holds_demo(const std::string& list) const {
    if (files().list(out_) == std::vector<std::string>{file_name(list)}) return true;
    try {
      return read_run_config(out_).data == list;
    } catch (const Error&) {
      return false;
    }
  }

  report::Steps new_words(const std::vector<std::string>& known) {
    const TrainedModel trained = load_trained(out_);
    Rng rng(RngMode::philox, static_cast<uint64_t>(seed_), "generate");
    report::Steps lines;
    for (int found = 0, tries = 0; found < 24 && tries < 1000; ++tries) {
      const std::string word = generate(*trained.model, *trained.tokenizer, "", {.temperature = 0.8}, rng);
      if (word.size() < 4 || std::find(known.begin(), known.end(), word) != known.end()) continue;
      if (found++ % 6 == 0) lines.lines.emplace_back();
      lines.lines.back() += word + std::string(word.size() < 16 ? 16 - word.size() : 1, ' ');
    }
    for (std::string& line : lines.lines) line.resize(line.find_last_not_of(' ') + 1);
    return lines;
  }

  std::string data_ = kWords, out_ = "runs/demo";
  int64_t seed_ = 1337, threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_demo_command() { return std::make_unique<DemoCommand>(); }

}  // namespace grim
