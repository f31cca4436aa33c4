using System.Globalization;
using System.Net;
using System.Reflection;

namespace PureClip.Server.Hosting;

/// <summary>A command line that cannot be followed; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What the command line and the environment ask for.</summary>
internal sealed class CommandLine
{
    /// <summary>The variable that holds keys, separated by commas, where they are not to be seen in the list of processes.</summary>
    public const string KeysVariable = "PURECLIP_API_KEYS";

    private const string Help = """
        pureclip-server: CLIP's embeddings over HTTP, for the clients of OpenAI, Ollama, TEI and immich, and a page to search pictures.

        Usage: pureclip-server --model [NAME=]DIR... [--index [NAME=]DIR]... [options]

        What is served
          --model [NAME=]DIR      A model directory. NAME is what clients call it, the directory's name if left out; several names may be
                                  of one directory. The first is used where a request names none.
          --index [NAME=]DIR      An index that 'pureclip index' made with one of the models. Changes are seen within two seconds.
          --concept [NAME=]FILE   A concept that 'pureclip concept --output' wrote, for searches to add and subtract.
          --generator [NAME=]FILE Weights that draw, as 'pureclip-train generator' makes them for one of the models: texts to small
                                  pictures, for OpenAI's clients and on the page.
          --threads N             Threads that compute; all processors if left out.
          --weights TYPE          How weights lie in memory: f32, bf16, f16, int8; as they are stored if left out.
          --long-texts POOLING    Encode texts that are longer than a model takes in windows, and pool their vectors: mean, token-mean,
                                  max, first. Refused if left out.

        To whom
          --host ADDRESS          Where to listen: 127.0.0.1 if left out, which is this machine alone; 0.0.0.0 for all addresses.
          --port N                The port, 8421 if left out; 0 for any free one.
          --allow-host NAME       A name by which this server is called; any if it listens on more than this machine.
          --api-keys FILE         Keys, one a line, of which a request must have one: 'Authorization: Bearer KEY' or 'x-api-key: KEY'.
                                  Changes are seen within two seconds. The environment variable PURECLIP_API_KEYS holds keys too,
                                  separated by commas.

        Limits
          --max-connections N     Most connections at a time, 4096. What comes then is closed.
          --max-body-mib N        Most MiB of a request, 32.
          --max-inputs N          Most texts and pictures of a request, 2048.
          --max-megapixels N      Largest picture, 100.
          --timeout SECONDS       Longest time of a request, 60.
          --queue-inputs N        Most texts and pictures that wait, 4096. What comes then gets 429 with Retry-After.
          --queue-mib N           Most MiB of bodies and pixels that are held, 512.

          --help, --version
        """;

    /// <summary>What it asks to be served.</summary>
    public ServerOptions Options { get; private init; } = new() { Models = [] };

    /// <summary>What it asks to be told instead; null where it asks for a server.</summary>
    public string? Answer { get; private init; }

    /// <summary>Reads a command line.</summary>
    /// <param name="args">Its words.</param>
    /// <param name="environment">The variables; null for the process's own.</param>
    /// <exception cref="UsageException">It cannot be followed.</exception>
    public static CommandLine Parse(ReadOnlySpan<string> args, Func<string, string?>? environment = null)
    {
        List<NamedPath> models = [], indexes = [], concepts = [], generators = [];
        List<string> keys = [.. KeysOf((environment ?? Environment.GetEnvironmentVariable)(KeysVariable))], hosts = [], keyFiles = [];
        ServerOptions options = new() { Models = models };
        for (int i = 0; i < args.Length; i++)
        {
            (string name, string? value) = Split(args[i]);
            if (name is "--help" or "-h" or "-?")
                return new() { Answer = Help };
            if (name == "--version")
                return new() { Answer = Version };
            if (!name.StartsWith("--", StringComparison.Ordinal))
                throw new UsageException($"'{args[i]}' is not understood. A model is given with --model DIR.");
            if (value is null)
                value = i + 1 < args.Length ? args[++i] : throw new UsageException($"{name} needs a value.");
            switch (name)
            {
                case "--model": models.Add(Named(value, models, name)); break;
                case "--index": indexes.Add(Named(value, indexes, name)); break;
                case "--concept": concepts.Add(Named(value, concepts, name)); break;
                case "--generator": generators.Add(Named(value, generators, name)); break;
                case "--allow-host": hosts.Add(value); break;
                case "--api-keys": keyFiles.Add(KeyFileOf(value)); break;
                default: options = With(options, name, value); break;
            }
        }
        if (models.Count == 0)
            throw new UsageException("there is no model to serve. Give one with --model DIR.");
        if (options.QueueInputs < options.MaxInputs)
            throw new UsageException(
                $"--queue-inputs {options.QueueInputs} is less than --max-inputs {options.MaxInputs}, "
                + "so the largest request never had a place.");
        if (options.QueueBytes < options.MaxBodyBytes)
            throw new UsageException("--queue-mib is less than --max-body-mib, so the largest request never had a place.");
        return new()
        {
            Options = options with
            {
                Indexes = indexes,
                Concepts = concepts,
                Generators = generators,
                ApiKeys = keys,
                KeyFiles = keyFiles,
                Hosts = hosts,
            },
        };
    }

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    private static ServerOptions With(ServerOptions options, string name, string value) => name switch
    {
        "--host" => options with { Address = AddressOf(value) },
        "--port" => options with { Port = (int)Number(name, value, 0, 65535) },
        "--threads" => options with { Threads = (int)Number(name, value, 1, Runtime.MostThreads) },
        "--weights" => options with { Weights = WeightsOf(value) },
        "--long-texts" => options with { LongTexts = PoolingOf(value) },
        "--max-connections" => options with { MaxConnections = (int)Number(name, value, 1, 1_000_000) },
        "--max-body-mib" => options with { MaxBodyBytes = Number(name, value, 1, 1024) << 20 },
        "--max-inputs" => options with { MaxInputs = (int)Number(name, value, 1, 1_000_000) },
        "--max-megapixels" => options with { MaxPixels = Number(name, value, 1, 10_000) * 1_000_000 },
        "--timeout" => options with { Timeout = TimeSpan.FromSeconds(Number(name, value, 1, 86_400)) },
        "--queue-inputs" => options with { QueueInputs = (int)Number(name, value, 1, 10_000_000) },
        "--queue-mib" => options with { QueueBytes = Number(name, value, 1, 1 << 20) << 20 },
        _ => throw new UsageException($"there is no option {name}."),
    };

    private static (string Name, string? Value) Split(string word)
    {
        int equals = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=') : -1;
        return equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
    }

    /// <summary>NAME=PATH; a path in which a '=' stands is one all the same, where it exists.</summary>
    private static NamedPath Named(string value, List<NamedPath> others, string option)
    {
        int equals = Path.Exists(value) ? -1 : value.IndexOf('=');
        string path = equals < 0 ? value : value[(equals + 1)..];
        string name = equals < 0 ? LastName(path) : value[..equals];
        if (name.Length == 0 || path.Length == 0)
            throw new UsageException($"{option} {value}: a name and a path stand on both sides of '='.");
        if (!Path.Exists(path))
            throw new UsageException($"{option} {path}: there is no such file or directory.");
        if (others.Exists(other => other.Name == name))
            throw new UsageException($"{option} {value}: there are two of the name '{name}'. Give one another with NAME={path}.");
        return new(name, path);
    }

    private static string LastName(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return File.Exists(path) ? Path.GetFileNameWithoutExtension(name) : name;
    }

    private static IPAddress AddressOf(string value) =>
        value is "localhost" ? IPAddress.Loopback
        : value is "*" or "+" ? IPAddress.Any
        : IPAddress.TryParse(value, out IPAddress? address) ? address
        : throw new UsageException($"--host {value} is not an address; give for instance 127.0.0.1, 0.0.0.0 or ::1.");

    private static WeightType WeightsOf(string value) =>
        Enum.TryParse(value, ignoreCase: true, out WeightType type) && Enum.IsDefined(type) && !char.IsAsciiDigit(value[0])
            ? type
            : throw new UsageException($"--weights {value}: it must be f32, bf16, f16 or int8.");

    private static LongTextPooling PoolingOf(string value) => value switch
    {
        "mean" => LongTextPooling.Mean,
        "token-mean" => LongTextPooling.TokenMean,
        "max" => LongTextPooling.Max,
        "first" => LongTextPooling.First,
        _ => throw new UsageException($"--long-texts {value}: it must be mean, token-mean, max or first."),
    };

    private static long Number(string name, string value, long least, long most) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most
            ? number
            : throw new UsageException($"{name} {value}: it must be a whole number from {least} to {most}.");

    private static IEnumerable<string> KeysOf(string? list) =>
        (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string KeyFileOf(string path)
    {
        try
        {
            return ApiKeys.KeysOf(path).Length > 0
                ? Path.GetFullPath(path)
                : throw new UsageException($"--api-keys {path}: there is no key in this file; write one a line.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--api-keys {path}: {e.Message}");
        }
    }
}
