#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/data/corpus.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/report/report.h"
#include "grimoire/train/importance_matrix.h"
#include "grimoire/train/lm_data.h"

namespace grim {
namespace {

using report::counted, report::Figure;

class ImatrixCommand final : public Command {
 public:
  std::string name() const override { return "imatrix"; }
  std::string summary() const override { return "measure which inputs of a model's layers matter, for quantize"; }
  std::vector<std::string> examples() const override {
    return {"grimoire imatrix smollm2 --data text.txt --out smollm2.imatrix",
            "grimoire quantize models/smollm2 --type q4_k --imatrix smollm2.imatrix --out smollm2-q4k.gguf"};
  }
  std::vector<Positional> positionals() override { return {{"model", "a run or model folder, a published model's name, or a file of weights", &model_}}; }
  Options options() override {
    return {{.name = "data", .help = "a text of the kind that it is used for", .target = &data_, .basic = true, .required = true},
            {.name = "out", .help = "the file that is made, as llama.cpp has it", .target = &out_, .basic = true, .required = true},
            {.name = "context", .help = "tokens of a block of that text; 0 takes as many as the model looks back on", .target = &context_, .low = 0,
             .high = 1 << 20},
            {.name = "tokens", .help = "so many of its first tokens; 0: all", .target = &tokens_, .low = 0, .high = 1e12},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    if (files().kind(out_) != FileKind::none) refuse(*this, str("--out: {} is there already", out_), "give a new name, so that nothing is overwritten");
    const device::ThreadCap cap(threads_);
    const TrainedModel trained = load_trained(model_at(model_));
    const std::vector<int64_t> ids = running_ids(load_corpus(data_, CorpusFormat::text), *trained.tokenizer, tokens_);
    const int64_t context = context_ > 0 ? context_ : trained.model->context();
    const ImportanceMatrix all = measure_importance(*trained.model, ids, context);
    write_importances(out_, all, data_, context);
    report::Report page;
    page.blocks.emplace_back(Figure{"tokens read", counted(std::ssize(ids))});
    page.blocks.emplace_back(Figure{"layers", counted(std::ssize(all))});
    show(console, page, Json::object({{"file", out_}, {"tokens", std::ssize(ids)}, {"layers", std::ssize(all)}}));
    return 0;
  }

 private:
  std::string model_, data_, out_;
  int64_t context_ = 0, tokens_ = 0, threads_ = 0;
};

}  // namespace
std::unique_ptr<Command> make_imatrix_command() { return std::make_unique<ImatrixCommand>(); }

}  // namespace grim
