// Many processes: how one training run is shared out, and stays one run.
#include <algorithm>
#include <cmath>
#include <memory>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/model/gpt.h"
#include "grimoire/stats/summary.h"

namespace grim::learn {
namespace {

// GPT-2 with so many layers and next to no width: the tensors are the same ones, only small.
std::unique_ptr<Gpt> narrow_gpt(int64_t layers) {
  GptConfig c;
  c.vocab_size = 5, c.n_positions = 4, c.n_embd = 4, c.n_layer = layers, c.n_head = 1;
  Rng rng(RngMode::philox, 0, "init");
  return std::make_unique<Gpt>(c, rng);
}

// The shares of `whole` things among `parts`, the first ones one larger.
std::vector<double> shares(int64_t whole, int64_t parts) {
  std::vector<double> each;
  for (int64_t i = 0; i < parts; ++i) each.push_back(static_cast<double>(whole / parts + (i < whole % parts)));
  return each;
}

const Concept kConcepts[] = {
    {.id = "process-group",
     .title = "Process group",
     .names = "world size",
     .what = "The programs that work on one job and can call each other by number. Everything shared between them begins here.",
     .picture = "A conference call: everybody has a number, the group's size is known, and some things are done only when all are on the line.",
     .formula = "ranks 0, 1, ..., N - 1",
     .symbols = "N: the world size, how many processes there are\nrank: the number of one of them",
     .inputs = "N = 4: processes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("N", 1, 64);
           for (int64_t r = 0; r < n && r < 4; ++r) out.step(str("rank {} takes rows {}, {}, {}, ... of the data", r, r, r + n, r + 2 * n));
           for (int64_t r = 0; r < n; ++r) out.answer(str("rank[{}]", r), static_cast<double>(r));
         },
     .turn = "N = 1: a group of one; the same program, and no talk.",
     .commands = "later: grimoire ranks 2 train --model gpt --data input.txt --out runs/big",
     .mistake = "People say that a rank is a machine; in fact it is a process. One machine may hold several, one for each core or card.",
     .see = "ddp: what is done with it\nall-reduce: talk of all with all",
     .sources = "MPI Forum 2021, MPI: A Message-Passing Interface Standard 4.0, chapter 7",
     .ask = "A group has world size 8: what is the largest rank? | 7.",
     .more = "All ranks run the same program and branch on their number: rank 0 usually speaks and writes files. A collective operation (broadcast, "
             "all-reduce, barrier) must be called by every rank of the group in the same order; if one is missing or is elsewhere, the others wait, so "
             "good systems have a watchdog that names it. Groups can be split into smaller ones, for example one for the data and one for the pieces of "
             "the model."},
    {.id = "ddp",
     .title = "Distributed data parallel",
     .names = "DistributedDataParallel\nDDP",
     .what = "Training on several processes as if they were one: each has the whole model and its own part of the batch, and all agree on the average "
             "gradient before anybody moves.",
     .picture = "A choir that practises in four rooms and compares notes after every bar: it stays one choir. It breaks if one room sings slower: all "
                "wait for it.",
     .formula = "mean over ranks of (mean gradient of a shard) = mean gradient of the batch",
     .symbols = "shard: the rows of one rank, equally many on each\ngradient: slope of the loss by a weight",
     .inputs = "shards = 1;3: gradients of each rank's rows, ranks between semicolons",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> all, means;
           for (const auto& shard : in.matrix("shards")) {
             if (std::ranges::any_of(shard, [](double v) { return std::abs(v) > 1e9; })) in.refuse("shards", "numbers from -1e9 to 1e9");
             means.push_back(stats::mean(shard));
             all.insert(all.end(), shard.begin(), shard.end());
             if (means.size() <= 3) out.step(str("rank {}: mean of ({}) = {:.6g}", means.size() - 1, list_of(shard), means.back()));
           }
           out.step(str("one process with the whole batch: ({}) / {}", list_of(all, 6, " + "), all.size()));
           out.answer("mean over the ranks", stats::mean(means));
           out.answer("mean of the whole batch", stats::mean(all));
         },
     .turn = "shards = 1,1;3,7: rows may differ as they like, the two figures stay equal.",
     .commands = "later: grimoire ranks 2 train --model gpt --data input.txt --out runs/big",
     .mistake = "People say that it trains several models and averages them; in fact there is one model in several copies, and gradients are averaged at "
                "every step.",
     .see = "process-group: who takes part\nall-reduce: how gradients meet\nreplica-sync: why the copies stay equal\n"
            "data-parallel: the variant within one process",
     .sources = "Li et al. 2020, PyTorch Distributed: Experiences on Accelerating Data Parallel Training",
     .ask = "4 ranks with batches of 8: which batch of a single process gives the same gradient? | 32.",
     .more = "The equality needs shards of one size (or means weighted by size) and a loss that is a mean over rows; batch statistics break it, which is "
             "why there is synchronised batch norm. Sums in another order round differently, so the equality is to rounding, and to the bit between the "
             "ranks of one run. The speed-up is near N while computing a step takes longer than sending the gradients, especially when the two overlap."},
    {.id = "ddp-constructor",
     .title = "DDP's first act",
     .names = "broadcast from rank 0",
     .what = "Before training starts rank 0 sends its weights to all others, so that every copy begins as the same model.",
     .picture = "Handing out the same sheet music before the first note; afterwards everybody turns pages alone.",
     .formula = "bytes = numbers of the model x bytes of a number",
     .symbols = "layers, width, vocab: the shape of GPT-2\nbytes: of one number, 4 in f32",
     .inputs = "layers = 12: blocks\nwidth = 768: numbers a token\nvocab = 50257: tokens known\nbytes = 4: of one number",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t layers = in.integer("layers", 1, 96), width = in.integer("width", 1, 65536), vocab = in.integer("vocab", 1, 10000000);
           const int64_t bytes = in.integer("bytes", 1, 8);
           const std::vector<NamedTensor> tensors = narrow_gpt(layers)->parameters();
           const int64_t numbers = parameter_count(
               Json::object({{"model_type", "gpt2"}, {"vocab_size", vocab}, {"n_positions", 1024}, {"n_embd", width}, {"n_layer", layers}, {"n_head", 1}}));
           out.step(str("the first tensor sent: {}; the last: {}", tensors.front().name, tensors.back().name));
           out.step(str("{} numbers x {} bytes", numbers, bytes));
           out.answer("tensors", static_cast<double>(tensors.size()));
           out.answer("bytes", static_cast<double>(numbers * bytes));
         },
     .turn = "bytes = 2: bf16 halves it, the number of tensors stays.",
     .commands = "later: grimoire ranks 2 train --model gpt --data input.txt --out runs/big",
     .code = "src/grimoire/model/register.cpp: parameter_count\nsrc/grimoire/nn/module.cpp: Module::parameters",
     .mistake = "People say that equal seeds make this needless; in fact one checkpoint read by one rank only, or one library that differs, is enough to "
                "begin apart, and nothing later would notice.",
     .see = "ddp: what follows\nreplica-sync: why once is enough\ngpt-2: the model of the example",
     .sources = "Li et al. 2020, PyTorch Distributed: Experiences on Accelerating Data Parallel Training, section 3",
     .ask = "A model has 1,000,000 numbers in f32. How many bytes does each rank receive? | 4,000,000.",
     .more = "Buffers that are not trained, such as the running statistics of a batch norm, are sent as well, and may be sent again before each forward. "
             "The constructor also checks that all ranks have the same tensors in the same order, registers one hook on each parameter, and plans the "
             "buckets. GPT-2's output layer is its token embedding, so that tensor is counted and sent once."},
    {.id = "autograd-hook",
     .title = "Gradient hook",
     .names = "gradient ready hook",
     .what = "A call that fires the moment one parameter's gradient is complete, while the backward pass is still working on earlier layers.",
     .picture = "A kitchen bell for each finished plate: the waiter need not wait for the whole table's order.",
     .formula = "one call for each parameter and backward pass",
     .symbols = "layers: blocks of the GPT-2 whose hooks are counted",
     .inputs = "layers = 12: blocks",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto model = narrow_gpt(in.integer("layers", 1, 48));
           std::vector<std::string> fired;
           for (const NamedTensor& p : model->parameters())
             on_grad(p.tensor, [&fired, name = p.name](Tensor&) { fired.push_back(name); });
           Pass pass = Pass::train(0, 0);
           const Tensor tokens = Tensor::from<int64_t>({0, 1, 2, 3}, {1, 4});
           backward(model->loss(tokens, tokens, pass));
           out.step(str("a narrow GPT-2 was built, hooked and run backwards just now"));
           out.step(str("first to fire: {}, {}", fired[0], fired[1]));
           out.step(str("last to fire: {}, {}", fired[fired.size() - 2], fired.back()));
           out.answer("hooks fired", static_cast<double>(fired.size()));
         },
     .turn = "layers = 1: 12 tensors fewer for each block less.",
     .commands = "later: grimoire parallel trace runs/big",
     .code = "src/grimoire/autograd/tape.h: on_grad",
     .mistake = "People say that the processes wait at a hook; in fact nothing waits there. It marks the gradient as ready, and a full bucket starts its "
                "exchange.",
     .see = "backprop: when gradients appear\nbucket: what the hook fills\nall-reduce: what a full bucket starts",
     .sources = "Li et al. 2020, PyTorch Distributed: Experiences on Accelerating Data Parallel Training, section 3.2\n"
                "PyTorch documentation, notes/ddp: internal design",
     .ask = "Which layer's hooks fire first, the first or the last? | The last: the backward pass starts at the loss.",
     .more = "A gradient is complete when every use of the parameter has added its share; a tensor that is used twice, such as a tied embedding, fires "
             "once, after both. A parameter that took no part in the loss never fires, and everybody would wait for it: hence the search for unused "
             "parameters. The order in which the hooks fired in the first step is used to fill the buckets of the later ones."},
    {.id = "bucket",
     .title = "Gradient bucket",
     .names = "Reducer",
     .what = "Gradients are sent in packets of about 25 MiB: one message for each tensor would drown in postage, one for the whole model would come too "
             "late.",
     .picture = "A ferry that leaves when it is full: not for every passenger, and not once a day.",
     .formula = "buckets >= numbers x bytes / cap",
     .symbols = "numbers: gradients of the model\nbytes: of one number\ncap: size of a bucket in MiB",
     .inputs = "numbers = 124439808: parameters of GPT-2\nbytes = 4: of one number\ncap = 25: MiB in a bucket",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto numbers = static_cast<double>(in.integer("numbers", 1, 1000000000000000)), bytes = static_cast<double>(in.integer("bytes", 1, 8));
           const double cap = in.number("cap", 0.001, 1e9), mib = numbers * bytes / (1 << 20);
           out.step(str("{:.0f} x {:.0f} / 2^20 = {:.6g} MiB", numbers, bytes, mib));
           out.step(str("{:.6g} / {:.6g} = {:.4f}", mib, cap, mib / cap));
           out.step(str("a tensor is not cut in two, so it may take more"));
           out.answer("fullest packing", mib / cap);
           out.answer("buckets, at least", std::ceil(mib / cap));
         },
     .turn = "cap = 500: a single bucket, which cannot leave before the backward pass has ended.",
     .commands = "later: grimoire parallel trace runs/big",
     .mistake = "People say that a bucket is filled in the order of the layers; in fact it goes from the last to the first, the order in which gradients "
                "become ready.",
     .see = "autograd-hook: who fills it\nall-reduce: where it goes\nddp: the whole",
     .sources = "Li et al. 2020, PyTorch Distributed: Experiences on Accelerating Data Parallel Training, section 3.2",
     .ask = "100 MiB of gradients, buckets of 25 MiB: how many messages at least? | 4.",
     .more = "Each message has a fixed cost besides its size, so small ones are dear; large ones leave less to overlap with. The first bucket is kept "
             "small (1 MiB in PyTorch) so that something is on its way early. All ranks must start their buckets in the same order, or the sums would "
             "mix; after the last one the Reducer, the object that owns the buckets, waits until all have arrived. One tensor larger than the cap has a "
             "bucket of its own: GPT-2's embedding is 147 MiB."},
    {.id = "all-reduce",
     .title = "All-reduce",
     .names = "async all-reduce\noverlap",
     .what = "Every process puts in a list of numbers, and every process gets the sum of all the lists.",
     .picture = "Bills passed round a table: each guest adds their share and hands it on, and on the second round all learn the total. It breaks as a "
                "picture of time: every guest passes a different bill at once.",
     .formula = "ring: each rank sends 2 (N - 1) / N times the size of the list",
     .symbols = "N: ranks\nx: one number a rank, standing for its whole list",
     .inputs = "x = 1,2,3,4: what each rank puts in",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e9, 1e9, 1, 64);
           const size_t n = x.size();
           std::vector<std::vector<double>> part(n);  // part[r][c]: chunk c on rank r
           for (size_t r = 0; r < n; ++r) part[r].assign(n, x[r]);
           double sent = 0;
           for (size_t s = 0; s + 1 < n; ++s, ++sent)  // sums travel round
             for (size_t r = 0; r < n; ++r) part[(r + 1) % n][(r + n - s) % n] += part[r][(r + n - s) % n];
           for (size_t s = 0; s + 1 < n; ++s, ++sent)  // finished sums travel round
             for (size_t r = 0; r < n; ++r) part[(r + 1) % n][(r + 1 + n - s) % n] = part[r][(r + 1 + n - s) % n];
           out.step(str("each list is cut into {} chunks, one a rank", n));
           out.step(str("{} rounds add up, {} rounds hand round: {:.0f} chunks sent by each rank", n - 1, n - 1, sent));
           out.step(str("rank 0 now holds {}", list_of(part[0])));
           out.answer("sent, in sizes of the list", sent / static_cast<double>(n));
           out.answer("sum on the last rank", part[n - 1][0]);
         },
     .turn = "put in two numbers, then eight: 1 and 1.75. However many ranks, it stays below 2.",
     .commands = "later: grimoire parallel plan --model gpt --ranks 8",
     .mistake = "People say that one rank collects everything and sends it back; in fact that rank's line would be the bottleneck. In a ring all lines "
                "carry the same at once.",
     .see = "bucket: what is sent\nddp: what for\nreplica-sync: what follows",
     .sources = "Patarasuk and Yuan 2009, Bandwidth Optimal All-Reduce Algorithms for Clusters of Workstations",
     .ask = "How much does each of 5 ranks send in a ring, in sizes of the list? | 2 x 4 / 5 = 1.6.",
     .more = "No method that gives everybody the sum can send less than 2 (N - 1)/N a rank, so the ring is optimal in bytes; it takes 2 (N - 1) rounds, "
             "so for short lists on many ranks trees are faster. Asynchronous means that the call returns at once and the sum is waited for later: the "
             "backward pass of earlier layers goes on meanwhile, which hides the exchange. Floating-point sums depend on their order; if it is fixed, "
             "all ranks get the same bits."},
    {.id = "replica-sync",
     .title = "Replicas in step",
     .names = "same state\nsame update",
     .what = "Copies of a model stay equal without ever being compared: same start, same gradient, same rule, so same end.",
     .picture = "Dancers who never look at each other: same first position, same music, same steps. It breaks with one false step: nobody would notice it.",
     .formula = "w <- w - lr x mean(g), on every rank",
     .symbols = "w: a weight, equal on all ranks\ng: the gradient on each rank\nlr: learning rate",
     .inputs = "w = 1: the weight before\ng = 1,3: gradients on the ranks, with mean 2\nlr = 0.1: learning rate",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double w = in.number("w", -1e9, 1e9), lr = in.number("lr", 0, 1e6);
           const std::vector<double> g = in.numbers("g", -1e9, 1e9, 1, 64);
           const double mean = stats::mean(g);
           out.step(str("mean gradient: ({}) / {} = {:.6g}, the same everywhere", list_of(g, 6, " + "), g.size(), mean));
           out.step(str("with its own gradient only, rank 0 would go to {:.6g}", w - lr * g[0]));
           for (size_t r = 0; r < g.size() && r < 4; ++r) out.answer(str("w on rank {}", r), w - lr * mean);
         },
     .turn = "g = 2,2: the ranks saw the same, and nothing needed averaging.",
     .commands = "later: grimoire ranks 2 train --model gpt --data input.txt --out runs/big",
     .mistake = "People say that the weights are averaged after each step; in fact only gradients travel. Each rank's optimiser makes the same step by "
                "itself.",
     .see = "ddp-constructor: the same start\nall-reduce: the same gradient\nlearning-rate: the step",
     .sources = "Li et al. 2020, PyTorch Distributed: Experiences on Accelerating Data Parallel Training, section 2.2",
     .ask = "w = 2, gradients 1 and 5 on two ranks, lr = .5: where is w on each rank? | 2 - .5 x 3 = .5.",
     .more = "It holds for any optimiser whose step depends only on gradient and state: Adam's running means are equal too, since they grew from equal "
             "gradients. What breaks it: a random number that differs between ranks where it should not, a sum that one rank rounds otherwise, a "
             "parameter frozen on one of them. A hash of the weights every so often costs little and finds it. Averaging weights instead of gradients "
             "(local SGD) is another method, with other results."},
    {.id = "data-parallel",
     .title = "Data parallel in one process",
     .names = "DataParallel\nthreads\nGIL",
     .what = "The simpler relative of DDP: one process copies the model to several workers at each step, deals out the batch, and gathers the results.",
     .picture = "A teacher who hands out copies of the book before every lesson and collects them after it; with DDP each pupil has a copy for good.",
     .formula = "rows a worker = ceil(batch / workers)",
     .symbols = "batch: rows of one step\nworkers: threads or cards in the process",
     .inputs = "workers = 4: workers\nbatch = 32: rows of one step",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t workers = in.integer("workers", 1, 64), batch = in.integer("batch", 1, 1000000);
           const int64_t each = (batch + workers - 1) / workers, used = (batch + each - 1) / each;
           out.step(str("each step: copy the weights {} times, deal out {} rows, gather, add up", workers, batch));
           out.step(str("{} worker(s) have rows; the last one has {}", used, batch - (used - 1) * each));
           out.answer("rows a worker", static_cast<double>(each));
           out.answer("rows of the last", static_cast<double>(batch - (used - 1) * each));
         },
     .turn = "workers = 3: two of 11 and one of 10.",
     .commands = "later: grimoire train --parallel dp --model gpt --data input.txt --out runs/big",
     .mistake = "People say that it is slow because of the global interpreter lock (GIL); in fact that is Python's. Without it there remain copying, "
                "dealing out and gathering at every step, on a single machine.",
     .see = "ddp: copies that stay\nmodel-parallel: when the model does not fit",
     .sources = "PyTorch documentation, DataParallel and the tutorial Getting Started with Distributed Data Parallel\n"
                "Li et al. 2020, PyTorch Distributed: Experiences on Accelerating Data Parallel Training, section 2.2",
     .ask = "How often does DataParallel copy the weights in 100 steps, and DDP? | 100 times for each worker; DDP once, at the start.",
     .more = "In its favour: one process, nothing to launch, no group. In PyTorch it cannot be combined with a model that is spread over several cards, "
             "and the first card gathers outputs and holds more. Within one process of a C++ program threads can share the weights, so that only "
             "gradients need adding up, which makes the gap to DDP smaller; what is left is that it ends at the machine's edge."},
    {.id = "model-parallel",
     .title = "Model parallel",
     .names = "pipeline\ntensor parallel",
     .what = "Sharing out the model instead of the data: each device holds some of the layers, or a slice of each layer. Needed when one device cannot "
             "hold it all.",
     .picture = "A car factory: one hall for the body, one for the engine. With one car at a time most halls stand idle, so several are on the line at "
                "once.",
     .formula = "pipeline: layers / devices each;   idle share = (S - 1) / (M + S - 1)",
     .symbols = "S: devices in a row (stages)\nM: pieces of the batch that follow each other (micro-batches)",
     .inputs = "layers = 12: of the model\nS = 2: devices\nM = 4: micro-batches",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t layers = in.integer("layers", 1, 100000), s = in.integer("S", 1, std::min<int64_t>(layers, 64)), m = in.integer("M", 1, 1000000);
           const std::vector<double> each = shares(layers, s);
           out.step(str("{} = {} layers", list_of(each, 6, " + "), layers));
           out.step(str("{} micro-batches through {} stages take {} turns instead of {}", m, s, m + s - 1, m));
           for (size_t i = 0; i < each.size() && i < 8; ++i) out.answer(str("layers on device {}", i), each[i]);
           out.answer("idle share", static_cast<double>(s - 1) / static_cast<double>(m + s - 1));
         },
     .turn = "M = 1: half of the time one of the two devices waits. M = 32: 3 %.",
     .commands = "later: grimoire train --parallel pipeline=2 --model gpt --data input.txt --out runs/big",
     .mistake = "People say that it makes training faster as such; in fact it makes it possible. Cutting a model costs talk and waiting that whole "
                "copies do not have.",
     .see = "ddp: copies of the whole model\nmulti-head: heads are a natural place to cut\nmoe: experts are another",
     .sources = "Huang et al. 2019, GPipe: Efficient Training of Giant Neural Networks Using Pipeline Parallelism\n"
                "Shoeybi et al. 2019, Megatron-LM: Training Multi-Billion Parameter Language Models Using Model Parallelism",
     .ask = "24 layers on 4 devices in a pipeline: how many layers has each? | 6.",
     .more = "A pipeline cuts between layers and sends activations once at each cut. Tensor parallel cuts inside: the first matrix of a pair by columns, "
             "the second by rows, so that one sum over the devices at the end of the pair is enough (Megatron); it talks in every layer and so wants "
             "fast links. Sharding only the optimiser's state (ZeRO) saves memory while staying data parallel. Large runs combine all three."},
};

}  // namespace

const Family kDist = {"dist", "Many processes", kConcepts};

}  // namespace grim::learn
