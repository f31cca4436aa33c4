using PureClip.Memory;

namespace PureClip.Training;

/// <summary>Which loss compares pictures with texts.</summary>
internal enum PairLossKind
{
    /// <summary><see cref="ContrastiveLoss"/></summary>
    Contrastive,

    /// <summary><see cref="SigmoidLoss"/></summary>
    Sigmoid,
}

/// <summary>How a batch is computed.</summary>
/// <param name="Loss">What compares pictures with texts.</param>
/// <param name="MicroBatch">Pictures that go through the tower at a time: what one block works on stays in the caches.</param>
/// <param name="MemoryBudget">Bytes that may be kept for the backward pass. A batch that needs more is computed forward twice.</param>
/// <param name="PrototypeFactor">What the facts of pictures and texts count beside the pairs.</param>
/// <param name="DifferenceFactor">What differences of pairs count.</param>
internal sealed record ClipStepOptions(
    PairLossKind Loss = PairLossKind.Contrastive, int MicroBatch = 16, long MemoryBudget = 2L << 30, double PrototypeFactor = 0.7,
    double DifferenceFactor = 0.4);

/// <summary>What came out of a batch.</summary>
/// <param name="Loss">All losses together.</param>
/// <param name="Excess">What of it is above the least that its targets allow.</param>
/// <param name="Recall">Share of pictures whose nearest text is true of them.</param>
/// <param name="IsRecomputed">Whether the forward pass ran twice.</param>
internal readonly record struct StepResult(double Loss, double Excess, double Recall, bool IsRecomputed);

/// <summary>
/// Loss and gradients of a batch: towers forward by micro-batches, losses over the whole batch, towers backward by micro-batches.
/// </summary>
/// <remarks>
/// The losses are the only place where pictures meet. Where keeping all micro-batches takes too much memory, only their embeddings are kept
/// and each is computed once more before it goes backward (Gao et al. 2021): exact, for a third more time.
/// </remarks>
internal sealed class ClipStep(ClipTraining model, ClipStepOptions options) : IDisposable
{
    // Texts are short: so many times more of them make as many rows.
    private const int TextsAPicture = 4;

    private readonly TrainingCompute _compute = model.Compute;
    private readonly BlockScratch _scratch = new();
    private readonly List<VisionTraining.Memory> _pictures = [];
    private readonly List<TextTraining.Memory> _texts = [];
    private readonly TrainingMatrix _a = new(), _b = new(), _unitA = new(), _unitB = new(), _dA = new(), _dB = new(), _dFacts = new();
    private readonly PairLoss _pairs =
        options.Loss == PairLossKind.Sigmoid ? new SigmoidLoss(model.Compute) : new ContrastiveLoss(model.Compute);
    private readonly PrototypeLoss? _prototypes = model.Numbers.List.Find(ClipTraining.Prototypes) is Learned learned
        ? new(model.Compute, model.Numbers.Numbers.At(learned), model.Numbers.Gradients.At(learned), learned.Rows, learned.Columns)
        : null;

    private NumberSet Gradients => model.Numbers.Gradients;

    /// <summary>Adds a batch's gradients to the model's.</summary>
    public StepResult Run(ClipBatch batch)
    {
        int n = batch.Count, width = model.Config.EmbeddingWidth, textsOfAPass = options.MicroBatch * TextsAPicture;
        int pictureParts = (n + options.MicroBatch - 1) / options.MicroBatch, textParts = (n + textsOfAPass - 1) / textsOfAPass;
        bool keeps = BytesKept(batch) <= options.MemoryBudget;
        MatrixView a = _a.Shape(n, width), b = _b.Shape(n, width), dA = _dA.Shape(n, width), dB = _dB.Shape(n, width);
        for (int part = 0; part < pictureParts; part++)
            ForwardPictures(batch, part, keeps ? part : 0, a);
        for (int part = 0; part < textParts; part++)
            ForwardTexts(batch, part, keeps ? part : 0, b);

        StepResult result = Losses(batch, a, b, dA, dB) with { IsRecomputed = !keeps };

        for (int part = 0; part < pictureParts; part++)
        {
            if (!keeps)
                ForwardPictures(batch, part, 0, a);
            model.Vision.Backward(Part(dA, part, options.MicroBatch), _pictures[keeps ? part : 0], _scratch);
        }
        for (int part = 0; part < textParts; part++)
        {
            if (!keeps)
                ForwardTexts(batch, part, 0, b);
            model.Text.Backward(Part(dB, part, textsOfAPass), _texts[keeps ? part : 0], _scratch);
        }
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scratch.Dispose();
        _pictures.ForEach(static memory => memory.Dispose());
        _texts.ForEach(static memory => memory.Dispose());
        foreach (TrainingMatrix matrix in (TrainingMatrix[])[_a, _b, _unitA, _unitB, _dA, _dB, _dFacts])
            matrix.Dispose();
        _pairs.Dispose();
        _prototypes?.Dispose();
    }

    private static MatrixView Part(MatrixView rows, int part, int each) => rows.Range(part * each, Math.Min(each, rows.Rows - part * each));

    private long BytesKept(ClipBatch batch)
    {
        long ofPictures = batch.Count * model.Vision.FloatsKept(batch.Kept?[0].Length);
        return sizeof(float) * (ofPictures + batch.Texts.Sum(ids => model.Text.RowsOf(ids)) * model.Text.FloatsKept);
    }

    private void ForwardPictures(ClipBatch batch, int part, int memory, MatrixView a)
    {
        while (_pictures.Count <= memory)
            _pictures.Add(new(model.Vision));
        MatrixView to = Part(a, part, options.MicroBatch);
        int first = part * options.MicroBatch, pixels = model.Vision.PixelsPerPicture;
        model.Vision.Forward(
            batch.Pixels.AsMemory(first * pixels, to.Rows * pixels), batch.Kept?[first..(first + to.Rows)], _pictures[memory], _scratch,
            to);
    }

    private void ForwardTexts(ClipBatch batch, int part, int memory, MatrixView b)
    {
        while (_texts.Count <= memory)
            _texts.Add(new(model.Text));
        int each = options.MicroBatch * TextsAPicture;
        MatrixView to = Part(b, part, each);
        model.Text.Forward(batch.Texts.AsSpan(part * each, to.Rows), _texts[memory], _scratch, to);
    }

    /// <summary>Gradients by the embeddings, and those of the scales.</summary>
    private StepResult Losses(ClipBatch batch, MatrixView a, MatrixView b, MatrixView dA, MatrixView dB)
    {
        int n = batch.Count, width = a.Columns;
        float[] lengthsA = new float[n], lengthsB = new float[n];
        MatrixView unitA = _unitA.Shape(n, width), unitB = _unitB.Shape(n, width);
        UnitRows.Forward(a, unitA, lengthsA, _compute.Pool);
        UnitRows.Forward(b, unitB, lengthsB, _compute.Pool);
        double logScale = model.Numbers.Numbers[ClipTraining.LogitScale][0], bias = model.Numbers.Numbers[ClipTraining.LogitBias][0];
        LossValue pairs = _pairs.Run(unitA, unitB, logScale, bias, batch.Positives, dA, dB);
        if (model.Numbers.Learns)
        {
            Gradients[ClipTraining.LogitScale][0] += (float)pairs.LogScaleGradient;
            Gradients[ClipTraining.LogitBias][0] += (float)pairs.BiasGradient;
        }
        (double loss, double floor) = (pairs.Loss, pairs.Floor);
        if (_prototypes is not null && batch.PictureFacts is not null && batch.TextFacts is not null)
        {
            double scale = model.Numbers.Numbers[ClipTraining.PrototypeScale][0];
            MatrixView d = _dFacts.Shape(n, width);
            _prototypes.Begin();
            LossValue ofPictures = _prototypes.Run(unitA, batch.PictureFacts, scale, options.PrototypeFactor / 2, d);
            Add(d, dA);
            LossValue ofTexts = _prototypes.Run(unitB, batch.TextFacts, scale, options.PrototypeFactor / 2, d);
            Add(d, dB);
            LossValue ofPairs = batch.PairFacts is null
                ? default
                : _prototypes.RunDifferences(unitA, batch.Pairs, batch.PairFacts, scale, options.DifferenceFactor, dA);
            _prototypes.End();
            foreach (LossValue value in (LossValue[])[ofPictures, ofTexts, ofPairs])
            {
                loss += value.Loss;
                floor += value.Floor;
                Gradients[ClipTraining.PrototypeScale][0] += (float)value.LogScaleGradient;
            }
        }
        UnitRows.Backward(unitA, lengthsA, dA, dA, _compute.Pool);
        UnitRows.Backward(unitB, lengthsB, dB, dB, _compute.Pool);
        return new(loss, loss - floor, pairs.Recall, false);
    }

    private static void Add(MatrixView from, MatrixView to)
    {
        for (int row = 0; row < to.Rows; row++)
            System.Numerics.Tensors.TensorPrimitives.Add(to.RowSpan(row), from.RowSpan(row), to.RowSpan(row));
    }
}
