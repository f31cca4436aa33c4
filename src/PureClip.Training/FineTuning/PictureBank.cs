using System.Text;
using PureClip.Files;
using PureClip.Imaging;
using PureClip.Tokenization;

namespace PureClip.Training;

/// <summary>Pictures as the network takes them but for the last step, a byte a number, and their captions.</summary>
internal sealed class PictureBank
{
    private readonly ImagePreprocessor _preprocessor;
    private readonly ImageDecoderOptions _limits;
    private readonly Dictionary<(int Height, int Width), ImagePreprocessor> _ofSizes = [];
    private readonly List<RgbImage> _images = [];
    private readonly List<string> _hashes = [];
    private readonly List<string> _captions = [];
    private readonly Dictionary<string, int> _captionNumbers = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A picture cannot be read; the message names it.</exception>
    public PictureBank(Clip clip, IReadOnlyList<CaptionedPicture> pictures, CancellationToken cancellation)
    {
        _preprocessor = clip.Preprocessor
            ?? throw new InvalidDataException($"{clip.Source} has no vision tower. Fine-tuning takes a model of both.");
        ITokenizer tokenizer = clip.Tokenizer
            ?? throw new InvalidDataException($"{clip.Source} has no text tower. Fine-tuning takes a model of both.");
        _limits = clip.DecoderLimits;
        foreach ((ImageSource picture, string caption) in pictures)
        {
            cancellation.ThrowIfCancellationRequested();
            RgbImage image = Read(picture);
            _images.Add(image);
            _hashes.Add(Convert.ToHexString(Sha256.Of(image.Pixels)));
            if (!_captionNumbers.TryGetValue(caption, out int number))
            {
                _captionNumbers.Add(caption, number = _captions.Count);
                _captions.Add(caption);
                RequireThatItFits(tokenizer, caption, picture);
                Texts.Add(tokenizer.Encode(caption).Ids.ToArray());
            }
            CaptionOf.Add(number);
        }
    }

    /// <summary>Pictures.</summary>
    public int Count => _images.Count;

    /// <summary>Different captions, in order of appearance.</summary>
    public IReadOnlyList<string> Captions => _captions;

    /// <summary>Token ids of each caption.</summary>
    public List<int[]> Texts { get; } = [];

    /// <summary>Each picture's caption.</summary>
    public List<int> CaptionOf { get; } = [];

    /// <summary>The captions of some pictures, each once, in order of appearance.</summary>
    public int[] CaptionsOf(int[] pictures) => [.. pictures.Select(picture => CaptionOf[picture]).Distinct()];

    /// <summary>Whether pictures are of classes: no caption of theirs is that of one picture alone.</summary>
    public bool IsOfClasses(int[] pictures)
    {
        int[] counts = new int[Captions.Count];
        foreach (int picture in pictures)
            counts[CaptionOf[picture]]++;
        return Array.TrueForAll(counts, static count => count >= 2);
    }

    /// <summary>Tells some pictures and their captions from others.</summary>
    public string FingerprintOf(int[] pictures)
    {
        Sha256 hash = new();
        foreach (int picture in pictures)
            hash.Append(Encoding.UTF8.GetBytes($"{_hashes[picture]} {Captions[CaptionOf[picture]]}\n"));
        return Convert.ToHexStringLower(hash.Finish().AsSpan(0, 8));
    }

    /// <summary>A picture as the network takes it.</summary>
    /// <param name="picture">Which.</param>
    /// <param name="isMirrored">Whether left and right are exchanged.</param>
    /// <param name="pixels">[3 · size · size], or as <see cref="ImagePreprocessor.Preprocess(RasterImage, Span{float})"/> has it.</param>
    public void Read(int picture, bool isMirrored, Span<float> pixels)
    {
        RgbImage image = _images[picture];
        if (_preprocessor.Config.MostPatches is null)
        {
            _preprocessor.Preprocess(image, pixels);
        }
        else
        {
            // It has its size already: to ask for the best size once more may give another.
            int patch = _preprocessor.Config.PatchSize;
            (pixels[0], pixels[1]) = (image.Height / patch, image.Width / patch);
            pixels = pixels[FlexibleSize.HeaderLength..];
            int numbers = 3 * image.Height * image.Width;
            pixels[numbers..].Clear();
            pixels = pixels[..numbers];
            OfSize(image).Preprocess(image, pixels);
        }
        for (int row = 0; isMirrored && row < pixels.Length; row += image.Width)
            pixels.Slice(row, image.Width).Reverse();
    }

    private ImagePreprocessor OfSize(RgbImage image)
    {
        lock (_ofSizes)
        {
            if (!_ofSizes.TryGetValue((image.Height, image.Width), out ImagePreprocessor? found))
                _ofSizes.Add((image.Height, image.Width), found = new(_preprocessor.Config with
                {
                    MostPatches = null,
                    ResizeMode = ResizeMode.Squash,
                    DoCenterCrop = false,
                    OutputHeight = image.Height,
                    OutputWidth = image.Width,
                }));
            return found;
        }
    }

    private static void RequireThatItFits(ITokenizer tokenizer, string caption, ImageSource picture)
    {
        if (tokenizer.DefaultTruncation != Truncation.Error)
            return;
        int tokens = tokenizer.EncodeWithoutSpecials(caption).Length;
        if (tokens > tokenizer.MaxTextTokens)
            throw new InvalidDataException(
                $"{picture.Name}: its caption has {tokens} tokens, and the model takes {tokenizer.MaxTextTokens}. Shorten it, or let long "
                + "captions be cut.");
    }

    private RgbImage Read(ImageSource picture)
    {
        try
        {
            return _preprocessor.Resized(picture.Decode(options: _limits));
        }
        catch (InvalidDataException e) when (!e.Message.Contains(picture.Name, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{picture.Name}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Which pictures are held out: a share of each caption's, by what is in them, so that copies of a picture are on one side and the
    /// choice does not depend on names or order.
    /// </summary>
    public (int[] Learnt, int[] HeldOut) Split(double share)
    {
        const int LeastOfAClass = 4, LeastHeldOut = 2;
        HashSet<string> held = new(StringComparer.Ordinal);
        foreach (IGrouping<int, int> ofCaption in Enumerable.Range(0, Count).GroupBy(picture => CaptionOf[picture]))
        {
            string[] hashes = [.. ofCaption.Select(picture => _hashes[picture]).Distinct().Order(StringComparer.Ordinal)];
            // Of captions with few pictures, chance decides which go: a hash is as good as a random number.
            int count = hashes.Length >= LeastOfAClass
                ? Math.Max(LeastHeldOut, (int)Math.Round(share * hashes.Length))
                : hashes.Count(hash => Convert.ToInt32(hash[..4], 16) < share * 65_536);
            held.UnionWith(hashes.Take(count));
        }
        ILookup<bool, int> sides = Enumerable.Range(0, Count).ToLookup(picture => held.Contains(_hashes[picture]));
        return ([.. sides[false]], [.. sides[true]]);
    }
}
